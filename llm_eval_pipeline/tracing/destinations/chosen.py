"""Which destinations ``init`` was told of, by its arguments or the settings; only what is used is imported."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.tracing.pipeline import CLOSE_S, SERVER_S, Destination

_STANDARD_OTLP = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def chosen(
    settings: Settings,
    otlp: str | bool | None,
    file: Path | str | None,
    mlflow: str | None,
    experiment: str | None,
    weave: Any,
) -> list[Destination]:
    """The destinations that arguments or settings name; only what is used is imported."""
    found = []
    address = settings.tracing_otlp if otlp is None else ("" if isinstance(otlp, bool) else otlp)
    standard = otlp is None and any(os.environ.get(name) for name in _STANDARD_OTLP)
    if address or otlp is True or standard:
        from llm_eval_pipeline.tracing.destinations.otlp import otlp_exporter

        found.append(Destination("OTLP", partial(otlp_exporter, address, settings.tracing_token), SERVER_S))
    folder = Path(file).expanduser() if file is not None else settings.tracing_file
    if folder != Path():
        from llm_eval_pipeline.tracing.destinations.otlp_file import OtlpFileExporter

        found.append(Destination("OTLP file", partial(OtlpFileExporter, folder)))
    if uri := mlflow or settings.tracing_mlflow:
        from llm_eval_pipeline.tracing.destinations.mlflow import mlflow_exporter

        name = experiment or settings.tracing_mlflow_experiment
        patience_s = SERVER_S if uri.startswith(("http://", "https://")) else CLOSE_S
        found.append(Destination("MLflow", partial(mlflow_exporter, uri, name), patience_s))
    if project := weave or settings.tracing_weave:
        from llm_eval_pipeline.tracing.destinations.weave import weave_exporter

        found.append(Destination("Weave", partial(weave_exporter, project)))
    return found


def default(settings: Settings) -> Destination:
    """A receiver on this machine, at the port that the settings give it."""
    from llm_eval_pipeline.tracing.destinations.otlp import otlp_exporter

    address = f"http://127.0.0.1:{settings.receiver_port}/v1/traces" if settings.receiver_port else ""
    return Destination("OTLP", partial(otlp_exporter, address, settings.tracing_token), SERVER_S)
