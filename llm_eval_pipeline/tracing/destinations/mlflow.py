"""MLflow: a tracking server by its OTLP endpoint, without MLflow installed here, or a store such as SQLite by MLflow.

MLflow translates OpenTelemetry's attributes itself; what it does not know of ours (chains, retrievals, features) is
said in its own. An experiment that is not there yet is made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pydantic import SecretStr

from llm_eval_pipeline.production.conventions.values import parsed
from llm_eval_pipeline.tracing import names
from llm_eval_pipeline.tracing.captured import as_json
from llm_eval_pipeline.tracing.destinations.otlp import otlp_exporter
from llm_eval_pipeline.tracing.spans import changed

_TIMEOUT_S = 10.0
_TYPES = {"chain": "CHAIN", "retrieval": "RETRIEVER"}
_API = "/api/2.0/mlflow/experiments"


class MlflowServerExporter(SpanExporter):
    """Sends spans to an MLflow tracking server."""

    def __init__(self, address: str, experiment: str) -> None:
        self._address, self._experiment = address.rstrip("/"), experiment
        self._sender: OTLPSpanExporter | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; the experiment's id is asked for once."""
        if self._sender is None:
            headers = {"x-mlflow-experiment-id": self._experiment_id()}
            self._sender = otlp_exporter(f"{self._address}/v1/traces", SecretStr(""), headers)
        return self._sender.export([as_mlflow(span) for span in spans])

    def shutdown(self) -> None:
        """Send no more."""
        if self._sender is not None:
            self._sender.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is held back."""
        return True

    def _experiment_id(self) -> str:
        import requests

        found = requests.get(
            f"{self._address}{_API}/get-by-name", params={"experiment_name": self._experiment}, timeout=_TIMEOUT_S
        )
        if found.status_code == requests.codes.not_found:
            found = requests.post(f"{self._address}{_API}/create", json={"name": self._experiment}, timeout=_TIMEOUT_S)
            found.raise_for_status()
            return str(found.json()["experiment_id"])
        found.raise_for_status()
        return str(found.json()["experiment"]["experiment_id"])


class MlflowStoreExporter(SpanExporter):
    """Writes spans into an MLflow store, as its server does with what it receives."""

    def __init__(self, uri: str, experiment: str) -> None:
        self._uri, self._experiment = uri, experiment
        self._store: tuple[Any, str] | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write them; MLflow is imported with the first."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow.entities.span import Span

        client, experiment = self._store or self._opened()
        made = [
            Span.from_otel_proto(span, resource=resource.resource)
            for resource in encode_spans([as_mlflow(span) for span in spans]).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        client.log_spans(experiment, made)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is kept open."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is held back."""
        return True

    def _opened(self) -> tuple[Any, str]:
        from mlflow import MlflowClient
        from mlflow.tracing.client import TracingClient

        client = MlflowClient(self._uri)
        found = client.get_experiment_by_name(self._experiment)
        identifier = found.experiment_id if found is not None else client.create_experiment(self._experiment)
        self._store = (TracingClient(self._uri), str(identifier))
        return self._store


def mlflow_exporter(uri: str, experiment: str) -> SpanExporter:
    """The exporter for a tracking URI, by what it begins with.

    Raises:
        ModuleNotFoundError: for a store, when MLflow is not installed.
    """
    if uri.startswith(("http://", "https://")):
        return MlflowServerExporter(uri, experiment)
    if find_spec("mlflow") is None:
        raise ModuleNotFoundError(f"the MLflow store {uri} needs the package mlflow: install it, or name a server")
    return MlflowStoreExporter(uri, experiment)


def as_mlflow(span: ReadableSpan) -> ReadableSpan:
    """The span with what MLflow would not find in it otherwise."""
    told = dict(span.attributes or {})
    more: dict[str, Any] = {}
    operation = told.get(names.OPERATION)
    if isinstance(operation, str) and operation in _TYPES:
        more["mlflow.spanType"] = _TYPES[operation]
    if operation == "retrieval" and isinstance(found := parsed(told.get(names.DOCUMENTS)), list):
        more["mlflow.spanOutputs"] = as_json(
            [{"page_content": each.get("content"), "metadata": {"title": each.get("title")}} for each in found]
        )
    if span.parent is None and names.FEATURE in told:
        more[f"mlflow.traceTag.{names.FEATURE}"] = told[names.FEATURE]
    return changed(span, attributes=told | more) if more else span
