"""Beginning, beginning again and ending; what the environment says; and what an import costs."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from llm_eval_pipeline import tracing
from llm_eval_pipeline_tests.tracing.receiving import Receiver

needs_presidio = pytest.mark.skipif(find_spec("presidio_analyzer") is None, reason="presidio-analyzer is not installed")


@tracing.trace
def work():
    return "done"


def test_importing_the_kit_imports_neither_dagster_nor_pandas_mlflow_weave_or_presidio(tmp_path):
    heavy = ("dagster", "pandas", "mlflow", "weave", "presidio_analyzer", "duckdb", "pyarrow", "numpy", "wandb")
    script = f"""
import sys
from llm_eval_pipeline import tracing
tracing.init(file={str(tmp_path)!r})
tracing.trace(lambda: 1)()
print([name for name in {heavy!r} if name in sys.modules])
tracing.close(0)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr


@pytest.mark.parametrize("mask", [False, pytest.param(True, marks=needs_presidio)])
def test_what_waits_is_sent_when_the_process_ends(mask, tmp_path):
    script = f"""
from llm_eval_pipeline import tracing
tracing.init(file={str(tmp_path)!r}, mask={mask})
tracing.trace(lambda: "jane@example.org")()
"""
    subprocess.run([sys.executable, "-c", script], timeout=60, check=True)
    (file,) = tmp_path.iterdir()
    assert b"<lambda>" in file.read_bytes()
    assert (b"jane@example.org" in file.read_bytes()) is not mask


def test_a_forked_process_sends_its_own_spans_and_none_of_its_parents(tmp_path):
    script = f"""
import os
from llm_eval_pipeline import tracing
tracing.init(file={str(tmp_path)!r})
tracing.trace(name="parents")(lambda: 1)()
if (child := os.fork()) == 0:
    tracing.trace(name="childs")(lambda: 1)()
    tracing.close(5)
    os._exit(0)
os.waitpid(child, 0)
tracing.close(5)
"""
    subprocess.run([sys.executable, "-c", script], timeout=60, check=True)
    files = [file.read_bytes() for file in tmp_path.iterdir()]
    assert sorted((each.count(b'"parents"'), each.count(b'"childs"')) for each in files) == [(0, 1), (1, 0)]


def test_a_second_init_ends_the_first_and_loses_nothing():
    with Receiver() as first, Receiver() as second:
        tracing.init(otlp=first.address, service="one")
        work()
        tracing.init(otlp=second.address, service="two")
        work()
        work()
        assert tracing.close(10)
    assert (len(first.spans()), len(second.spans())) == (1, 2)
    assert b"one" in first.bodies[0]
    assert b"two" in second.bodies[0]


def test_after_the_end_functions_are_just_called():
    with tracing.recorded() as spans:
        pass
    assert work() == "done"
    assert spans == []


def test_the_environment_chooses_as_well(monkeypatch, tmp_path):
    with Receiver() as receiver:
        monkeypatch.setenv("LLM_EVAL_TRACING_OTLP", f"{receiver.address}/v1/traces")
        monkeypatch.setenv("LLM_EVAL_TRACING_FILE", str(tmp_path))
        monkeypatch.setenv("LLM_EVAL_TRACING_SERVICE", "shop")
        tracing.init()
        work()
        assert tracing.close(10)
    assert len(receiver.spans()) == 1
    assert len(list(tmp_path.iterdir())) == 1
    assert b"shop" in receiver.bodies[0]


def test_opentelemetrys_own_variables_are_heeded(monkeypatch):
    with Receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=shop")
        tracing.init()
        work()
        assert tracing.close(10)
    assert len(receiver.spans()) == 1
    assert receiver.headers[0]["x-team"] == "shop"


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"instrument": "opanai"}, "instrument='opanai' is not known: use openai, langchain, llama_index or 'auto'"),
        ({"otlp": "http://me:pass@host/"}, "LLM_EVAL_TRACING_TOKEN"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_says_what_to_do(wanted, fault, monkeypatch):
    if "otlp" in wanted:
        monkeypatch.setenv("LLM_EVAL_TRACING_OTLP", wanted.pop("otlp"))
    with pytest.raises(tracing.TracingError, match=fault):
        tracing.init(**wanted)
    assert work() == "done"


def test_a_setting_that_nobody_knows_is_an_error(monkeypatch):
    monkeypatch.setenv("LLM_EVAL_TRACING_FOLDER", "x")
    with pytest.raises(tracing.TracingError, match="LLM_EVAL_TRACING_FOLDER is no setting"):
        tracing.init()
