"""Every test begins without settings, and leaves nothing traced."""

import os

import pytest

from llm_eval_pipeline import tracing


@pytest.fixture(autouse=True)
def _untraced(monkeypatch):
    for variable in list(os.environ):
        if variable.startswith(("LLM_EVAL_", "OTEL_")):
            monkeypatch.delenv(variable)
    yield
    tracing.close(0)
