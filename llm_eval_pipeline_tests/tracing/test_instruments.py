"""OpenAI, LangChain and LlamaIndex trace themselves: each call of the model arrives once, within what called it."""

from __future__ import annotations

import asyncio

import pytest

from llm_eval_pipeline import tracing
from llm_eval_pipeline.production.conventions import BILLED_CALLS, MODEL_CALLS, meaning_of
from llm_eval_pipeline.tracing.cost import _as_read

openai = pytest.importorskip("openai", reason="openai is not installed (make examples installs it)")
pytest.importorskip("openinference.instrumentation.openai", reason="the extra instrument is not installed")
from examples.model_server import start_model_server  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the frameworks among themselves


@pytest.fixture(scope="module")
def endpoint():
    return start_model_server()


@pytest.fixture(autouse=True)
def _pointed_there(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint)
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def operations(spans, among=BILLED_CALLS):
    return sorted(
        found.operation for found in (meaning_of(_as_read(span)) for span in spans) if found.operation in among
    )


def ask_openai(question="How long is the warranty?"):
    context = [{"role": "user", "content": f"The warranty is two years.\n{question}"}]
    return openai.OpenAI().chat.completions.create(model="gpt-4o-mini", messages=context)


def langchain_chain(**more):
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI

    return ChatPromptTemplate.from_template("The warranty is two years.\n{question}") | ChatOpenAI(
        model="gpt-4o-mini", **more
    )


def test_an_openai_call_within_the_decorator_is_one_call_with_session_and_feature():
    @tracing.trace(feature="qa")
    def answer(question):
        return ask_openai(question)

    with tracing.recorded(instrument="openai") as spans, tracing.session("s-1"):
        answer("How long?")
    call, root = spans
    assert operations(spans) == ["chat"]
    assert call.parent.span_id == root.context.span_id
    assert (call.attributes["session.id"], call.attributes["llm_eval.feature"]) == ("s-1", "qa")
    assert call.attributes["llm_eval.cost_usd"] > 0
    assert root.attributes["gen_ai.operation.name"] == "chain"


@pytest.mark.parametrize("instrument", ["openai", ()])
def test_a_streamed_call_within_the_decorator_is_one_call_with_its_tokens(instrument):
    @tracing.trace(kind="chat")
    def stream(question):
        asked = [{"role": "user", "content": f"The warranty is two years.\n{question}"}]
        yield from openai.OpenAI().chat.completions.create(
            model="gpt-4o-mini", messages=asked, stream=True, stream_options={"include_usage": True}
        )

    with tracing.recorded(instrument=instrument) as spans:
        pieces = [each.choices[0].delta.content for each in stream("How long?") if each.choices]
    assert "".join(filter(None, pieces)) == "The warranty is two years."
    assert operations(spans) == ["chat"]
    (call,) = [span for span in spans if "llm_eval.cost_usd" in span.attributes]
    assert call.attributes["llm_eval.cost_usd"] > 0
    assert call.name == ("ChatCompletion" if instrument else "stream")


def test_after_the_end_the_library_is_as_it_was():
    with tracing.recorded(instrument="openai") as spans:
        pass
    with tracing.recorded() as later:
        ask_openai()
    assert (list(spans), list(later)) == ([], [])


def test_personal_data_in_an_instrumented_call_are_masked():
    with tracing.recorded(instrument="openai", mask=lambda text: text.replace("Jane", "<PERSON>")) as spans:
        ask_openai("Is Jane covered?")
    assert "Jane" not in spans[0].to_json()
    assert "Is <PERSON> covered?" in spans[0].to_json()


def test_a_langchain_call_is_one_call_within_its_chain():
    pytest.importorskip("langchain_openai")
    with tracing.recorded(instrument=("langchain", "openai")) as spans:
        langchain_chain().invoke({"question": "How long is the warranty?"})
    assert operations(spans) == ["chat"]
    assert len({span.context.trace_id for span in spans}) == 1
    named = {span.name: span for span in spans}
    assert named["ChatCompletion"].parent.span_id == named["ChatOpenAI"].context.span_id


def test_a_streamed_langchain_call_is_one_call_within_its_chain():
    pytest.importorskip("langchain_openai")
    with tracing.recorded(instrument=("langchain", "openai")) as spans:
        said = "".join(each.content for each in langchain_chain().stream({"question": "How long is the warranty?"}))
    assert said == "The warranty is two years."
    assert operations(spans) == ["chat"]
    assert len({span.context.trace_id for span in spans}) == 1


def test_langchain_calls_that_run_together_stay_within_their_own_chains():
    pytest.importorskip("langchain_openai")
    httpx = pytest.importorskip("httpx")

    async def together():
        async with httpx.AsyncClient() as client:
            chain = langchain_chain(http_async_client=client)
            await asyncio.gather(*(chain.ainvoke({"question": f"How long, {n}?"}) for n in range(5)))

    with tracing.recorded(instrument=("langchain", "openai")) as spans:
        asyncio.run(together())
    assert operations(spans) == ["chat"] * 5
    by_trace = {}
    for span in spans:
        by_trace.setdefault(span.context.trace_id, []).append(span)
    assert len(by_trace) == 5
    assert [operations(each) for each in by_trace.values()] == [["chat"]] * 5


def test_langchain_batches_over_threads_stay_within_their_own_chains():
    pytest.importorskip("langchain_openai")
    with tracing.recorded(instrument=("langchain", "openai")) as spans:
        langchain_chain().batch([{"question": f"How long, {n}?"} for n in range(5)])
    assert operations(spans) == ["chat"] * 5
    assert len({span.context.trace_id for span in spans}) == 5


def test_langchain_alone_is_a_call_too():
    pytest.importorskip("langchain_openai")
    with tracing.recorded(instrument="langchain") as spans:
        langchain_chain().invoke({"question": "How long is the warranty?"})
    assert operations(spans) == ["chat"]
    assert [span.attributes["llm_eval.cost_usd"] > 0 for span in spans if "llm_eval.cost_usd" in span.attributes] == [
        True
    ]


def test_a_decorated_step_of_a_chain_stands_within_the_chain():
    pytest.importorskip("langchain_core")
    from langchain_core.runnables import RunnableLambda

    @tracing.trace(kind="tool")
    def shout(text):
        ask_openai()
        return text.upper()

    chain = RunnableLambda(lambda text: text) | RunnableLambda(lambda text: shout(text))
    with tracing.recorded(instrument=("langchain", "openai")) as spans:
        assert chain.invoke("two years") == "TWO YEARS"
    named = {span.name: span for span in spans}
    assert len({span.context.trace_id for span in spans}) == 1
    assert named["ChatCompletion"].parent.span_id == named["shout"].context.span_id
    assert named["shout"].parent is not None


def test_a_llama_index_query_is_one_call_and_its_embeddings():
    pytest.importorskip("llama_index.llms.openai_like")
    import os

    from llama_index.core import Document, VectorStoreIndex
    from llama_index.embeddings.openai_like import OpenAILikeEmbedding
    from llama_index.llms.openai_like import OpenAILike

    endpoint = {"api_base": os.environ["OPENAI_BASE_URL"], "api_key": "none"}
    embed = OpenAILikeEmbedding(model_name="text-embedding-3-small", **endpoint)
    index = VectorStoreIndex.from_documents([Document(text="The warranty is two years.")], embed_model=embed)
    llm = OpenAILike(model="gpt-4o-mini", is_chat_model=True, context_window=16_000, **endpoint)
    with tracing.recorded(instrument="auto") as spans, tracing.feature("qa"):
        assert "two years" in str(index.as_query_engine(llm=llm).query("How long is the warranty?"))
    assert operations(spans, MODEL_CALLS) == ["chat"]
    assert operations(spans) == ["chat", "embeddings"]
    assert len({span.context.trace_id for span in spans}) == 1
    assert {span.attributes["llm_eval.feature"] for span in spans} == {"qa"}
