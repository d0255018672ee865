"""The same with LangChain, which traces itself: all that is added is ``init``, a feature and a session."""

from __future__ import annotations

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from examples.around import EMBEDDING_MODEL, MODEL, QUESTIONS, destination, documents, use_endpoint
from llm_eval_pipeline import tracing

PROMPT = "Answer from these documents only.\n\n{context}\n\nQuestion: {question}"


def chain() -> Runnable[str, str]:
    """Retrieve, fill in the prompt, ask."""
    # Endpoints other than OpenAI's take texts, not token numbers.
    store = InMemoryVectorStore(OpenAIEmbeddings(model=EMBEDDING_MODEL, check_embedding_ctx_length=False))
    store.add_documents([Document(text, metadata={"title": title}) for title, text in documents().items()])
    context = store.as_retriever(search_kwargs={"k": 2}) | (lambda found: "\n\n".join(d.page_content for d in found))
    given = {"context": context, "question": RunnablePassthrough()}
    return given | ChatPromptTemplate.from_template(PROMPT) | ChatOpenAI(model=MODEL) | StrOutputParser()


if __name__ == "__main__":
    use_endpoint()
    tracing.init(service="rag-langchain", instrument=("langchain", "openai"), **destination())
    with tracing.feature("langchain-rag"), tracing.session("example-session"):
        answering = chain()
        for question in QUESTIONS:
            print(f"{question} {answering.invoke(question)}")
    tracing.flush()
