"""Weave: each trace as the tree of calls that ``@weave.op`` would make, told to an in-process trace server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from llm_eval_pipeline import tracing
from llm_eval_pipeline_tests.tracing.answers import openai_chat

pytest.importorskip("weave", reason="weave is not installed (extra weave)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class TraceServer:
    """As much of Weave's trace server as a client needs to tell of calls."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[str, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def ensure_project_exists(self, entity: str, project: str) -> Any:
        from weave.trace_server_bindings.models import EnsureProjectExistsRes

        return EnsureProjectExistsRes(project_name=project)

    def file_create(self, req: Any, **_: Any) -> Any:
        return SimpleNamespace(digest="f" * 43)

    def obj_create(self, req: Any, **_: Any) -> Any:
        return SimpleNamespace(digest="o" * 43, object_id="op")

    def call_start(self, req: Any, **_: Any) -> Any:
        start = dict(req["start"])
        self.calls.setdefault(start["id"], {}).update(start)
        return SimpleNamespace(id=start["id"], trace_id=start["trace_id"])

    def call_end(self, req: Any, **_: Any) -> Any:
        self.calls.setdefault(req["end"]["id"], {}).update(req["end"])
        return SimpleNamespace()


@pytest.fixture
def server():
    return TraceServer()


@pytest.fixture
def client(server):
    from weave.trace.context.weave_client_context import set_weave_client_global
    from weave.trace.weave_client import WeaveClient

    yield WeaveClient("people", "shop", server, ensure_project_exists=False)
    set_weave_client_global(None)


@tracing.trace(kind="retrieval")
def find(question):
    return ["Two years."]


@tracing.trace(kind="chat")
def ask(model, messages):
    return openai_chat()


@tracing.trace(feature="qa")
def answer(question):
    find(question)
    return ask("gpt-4o", [{"role": "user", "content": question}])["choices"][0]["message"]["content"]


@tracing.trace
def failing():
    raise LookupError("no such shelf")


def test_a_trace_becomes_a_tree_of_calls(server, client):
    tracing.init(weave=client)
    answer("How long?")
    assert tracing.close(30)
    calls = {call["op_name"].rpartition("/")[2].partition(":")[0]: call for call in server.calls.values()}
    assert set(calls) == {"answer", "find", "ask"}
    root = calls["answer"]
    assert root["parent_id"] is None
    assert root["trace_id"] == root["id"]
    assert {calls[name]["parent_id"] for name in ("find", "ask")} == {root["id"]}
    assert {call["trace_id"] for call in calls.values()} == {root["id"]}
    assert root["inputs"]["messages"][0]["parts"][0]["content"] == "How long?"
    assert root["output"][0]["parts"][0]["content"] == "Two years."
    assert calls["ask"]["inputs"]["model"] == "gpt-4o"
    assert root["attributes"]["llm_eval.feature"] == "qa"
    usage = calls["ask"]["summary"]["usage"]["gpt-4o-2024-08-06"]
    assert (usage["requests"], usage["input_tokens"], usage["output_tokens"]) == (1, 100, 20)
    assert root["summary"]["usage"]["gpt-4o-2024-08-06"]["requests"] == 1
    assert root["started_at"] <= calls["ask"]["started_at"] <= calls["ask"]["ended_at"] <= root["ended_at"]


def test_an_exception_is_told_with_its_words(server, client):
    tracing.init(weave=client)
    with pytest.raises(LookupError):
        failing()
    assert tracing.close(30)
    (call,) = server.calls.values()
    assert "LookupError: no such shelf" in call["exception"]
    assert call["output"] is None


def test_traces_that_run_together_stay_apart(server, client):
    tracing.init(weave=client)
    for _ in range(20):
        answer("How long?")
    assert tracing.close(30)
    assert len(server.calls) == 60
    by_trace: dict[str, int] = {}
    for call in server.calls.values():
        by_trace[call["trace_id"]] = by_trace.get(call["trace_id"], 0) + 1
    assert set(by_trace.values()) == {3}
