"""A RAG pipeline in plain Python, traced by the decorator."""

from __future__ import annotations

import re

from openai import OpenAI

from examples.around import MODEL, QUESTIONS, destination, documents, use_endpoint
from llm_eval_pipeline import tracing


@tracing.trace(kind="retrieval")
def retrieve(question: str) -> list[dict[str, str]]:
    """The two documents that share most words with the question."""
    asked = set(re.findall(r"[a-z]+", question.lower()))
    found = [{"title": title, "content": text} for title, text in documents().items()]
    return sorted(found, key=lambda each: -len(asked & set(re.findall(r"[a-z]+", each["content"].lower()))))[:2]


@tracing.trace(kind="chat")
def ask(model: str, messages: list[dict[str, str]]):
    """Model, tokens and answer are read from what this returns."""
    return OpenAI().chat.completions.create(model=model, messages=messages)  # type: ignore[arg-type]


@tracing.trace(feature="plain-rag")
def answer(question: str) -> str:
    """One question and all that is done for it: one trace."""
    context = "\n\n".join(each["content"] for each in retrieve(question))
    prompt = f"Answer from these documents only.\n\n{context}\n\nQuestion: {question}"
    return ask(MODEL, [{"role": "user", "content": prompt}]).choices[0].message.content


if __name__ == "__main__":
    use_endpoint()
    tracing.init(service="rag-plain", **destination())
    with tracing.session("example-session"), tracing.prompt_version("1"):
        for question in QUESTIONS:
            print(f"{question} {answer(question)}")
    tracing.flush()
