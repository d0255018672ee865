"""The same with LlamaIndex, which traces itself: all that is added is ``init``, a feature and a session."""

from __future__ import annotations

import os

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike

from examples.around import EMBEDDING_MODEL, MODEL, QUESTIONS, destination, documents, use_endpoint
from llm_eval_pipeline import tracing


def query_engine() -> BaseQueryEngine:
    """An index of the documents, and a model that answers from what it finds."""
    endpoint = {"api_base": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"]}
    index = VectorStoreIndex.from_documents(
        [Document(text=text, metadata={"title": title}) for title, text in documents().items()],
        embed_model=OpenAILikeEmbedding(model_name=EMBEDDING_MODEL, **endpoint),
    )
    llm = OpenAILike(model=MODEL, is_chat_model=True, context_window=16_000, **endpoint)
    return index.as_query_engine(llm=llm, similarity_top_k=2)


if __name__ == "__main__":
    use_endpoint()
    tracing.init(service="rag-llama-index", instrument=("llama_index", "openai"), **destination())
    with tracing.feature("llama-index-rag"), tracing.session("example-session"):
        engine = query_engine()
        for question in QUESTIONS:
            print(f"{question} {engine.query(question)}")
    tracing.flush()
