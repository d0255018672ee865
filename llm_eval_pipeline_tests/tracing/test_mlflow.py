"""MLflow, as a store and as a server: the same trace with parents, inputs, outputs and tokens."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llm_eval_pipeline import tracing
from llm_eval_pipeline_tests.tracing.answers import openai_chat

needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")


@tracing.trace(kind="retrieval")
def find(question):
    return [{"title": "warranty", "content": "Two years."}]


@tracing.trace(kind="chat")
def ask(model, messages):
    return openai_chat()


@tracing.trace(feature="qa")
def answer(question):
    find(question)
    return ask("gpt-4o", [{"role": "user", "content": question}])["choices"][0]["message"]["content"]


@needs_mlflow
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
def test_a_store_holds_the_whole_trace(tmp_path):
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    tracing.init(mlflow=uri, mlflow_experiment="apps")
    with tracing.session("s-1"), tracing.user("u-1"):
        answer("How long?")
    assert tracing.close(120)
    client = MlflowClient(uri)
    (trace,) = client.search_traces(locations=[client.get_experiment_by_name("apps").experiment_id])
    assert (str(trace.info.state), trace.info.tags["llm_eval.feature"]) == ("OK", "qa")
    assert trace.info.trace_metadata["mlflow.trace.session"] == "s-1"
    assert trace.info.trace_metadata["mlflow.trace.user"] == "u-1"
    spans = {span.name: span for span in trace.data.spans}
    root = spans["answer"]
    assert {name: span.span_type for name, span in spans.items()} == {
        "answer": "CHAIN",
        "find": "RETRIEVER",
        "ask": "CHAT_MODEL",
    }
    assert {span.parent_id for name, span in spans.items() if name != "answer"} == {root.span_id}
    assert root.inputs[0]["parts"][0]["content"] == "How long?"
    assert root.outputs[0]["parts"][0]["content"] == "Two years."
    assert spans["find"].outputs == [{"page_content": "Two years.", "metadata": {"title": "warranty"}}]
    usage = spans["ask"].get_attribute("mlflow.chat.tokenUsage")
    assert (usage["input_tokens"], usage["output_tokens"], usage["cache_read_input_tokens"]) == (100, 20, 40)


def test_a_server_is_asked_for_the_experiment_and_sent_the_spans():
    asked, sent = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self._say(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                sent.append((self.headers["x-mlflow-experiment-id"], ExportTraceServiceRequest.FromString(body)))
                self._say(200, {})
            else:
                asked.append((self.path, orjson.loads(body)))
                self._say(200, {"experiment_id": "7"})

        def _say(self, status, body):
            data = orjson.dumps(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        tracing.init(mlflow=f"http://127.0.0.1:{server.server_port}", mlflow_experiment="apps")
        answer("How long?")
        assert tracing.close(10)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == [
        "/api/2.0/mlflow/experiments/get-by-name?experiment_name=apps",
        ("/api/2.0/mlflow/experiments/create", {"name": "apps"}),
    ]
    assert {experiment for experiment, _ in sent} == {"7"}
    spans = [s for _, request in sent for r in request.resource_spans for c in r.scope_spans for s in c.spans]
    assert sorted(span.name for span in spans) == ["answer", "ask", "find"]
