"""Beginning and ending: what ``init`` chooses, from its arguments or the environment, and one state for the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from llm_eval_pipeline.settings import Settings, SettingsError
from llm_eval_pipeline.tracing.destinations.chosen import chosen, default
from llm_eval_pipeline.tracing.hub import HUB, provider
from llm_eval_pipeline.tracing.instruments import InstrumentError, instrumented, undo
from llm_eval_pipeline.tracing.masking import Mask, personal_data_mask
from llm_eval_pipeline.tracing.pipeline import CLOSE_S, Destination, Pipeline, Ways
from llm_eval_pipeline.tracing.worker import Counts

FLUSH_S = 30.0
_INSTRUMENTORS: list[Any] = []


class TracingError(ValueError):
    """Something that ``init`` was told and cannot do. The text says what it is and what to do."""


def init(
    *,
    service: str | None = None,
    otlp: str | bool | None = None,
    file: Path | str | None = None,
    mlflow: str | None = None,
    mlflow_experiment: str | None = None,
    weave: Any = None,
    exporters: Sequence[SpanExporter] = (),
    mask: bool | Callable[[str], str] | None = None,
    instrument: str | Sequence[str] = (),
    capacity: int | None = None,
) -> None:
    """Begin to trace. A second call ends the first, sends what waits, and begins anew.

    What is not given is taken from the settings ``LLM_EVAL_TRACING_…``. Spans go to each destination that is named;
    when none is, to a receiver on this machine. A destination that does not answer costs spans, which are counted and
    said, and never holds up the application.

    Args:
        service: the application's name, on every span.
        otlp: address of an OTLP/HTTP receiver; True: OpenTelemetry's variables or http://127.0.0.1:4318/v1/traces.
        file: a folder for OTLP/JSON files, such as the pipeline's landing folder.
        mlflow: an MLflow tracking URI: a server's address, or a store as ``sqlite:///mlflow.db``.
        mlflow_experiment: the experiment for them; it is made when it is not there.
        weave: a Weave project (``entity/project``) or client.
        exporters: any OpenTelemetry exporters besides.
        mask: True: personal data become their kind, as ``<EMAIL_ADDRESS>``; or a function from text to text. It is
            applied to every text of every span before anything leaves the process.
        instrument: libraries that trace themselves: ``openai``, ``langchain``, ``llama_index``, or ``auto``.
        capacity: how many spans may wait for one destination; 20,000 by default.

    Raises:
        TracingError: when a setting makes no sense, or something that is asked for is not installed.
    """
    try:
        settings = Settings.load()
        destinations = chosen(settings, otlp, file, mlflow, mlflow_experiment, weave)
        ways = Ways(
            mask=_mask(settings.tracing_mask if mask is None else mask),
            resource=_resource(service or settings.tracing_service),
            capacity=capacity or settings.tracing_capacity,
        )
    except (SettingsError, ModuleNotFoundError) as error:
        raise TracingError(str(error)) from error
    own = [_as_it_is(f"{type(each).__name__} {number}", each) for number, each in enumerate(exporters, 1)]
    _begin([*destinations, *own] or [default(settings)], ways, instrument)


def flush(timeout_s: float = FLUSH_S) -> bool:
    """Send what waits, and say whether every destination took all of it within the time."""
    return HUB.force_flush(int(timeout_s * 1000))


def close(timeout_s: float = CLOSE_S) -> bool:
    """Send what waits, and trace no more; the end of the process does it too."""
    undo(_INSTRUMENTORS)
    _INSTRUMENTORS.clear()
    pipeline, HUB.pipeline = HUB.pipeline, None
    return pipeline is None or pipeline.close(timeout_s)


def counts() -> dict[str, Counts]:
    """What became of the spans so far, by destination."""
    return {} if HUB.pipeline is None else HUB.pipeline.counts()


@contextmanager
def recorded(
    *, mask: bool | Callable[[str], str] = False, instrument: str | Sequence[str] = ()
) -> Iterator[list[ReadableSpan]]:
    """For tests: the spans that end within the block, as they would be sent; complete after ``flush`` or the block."""
    kept = _Kept()
    _begin([_as_it_is("recorded", kept)], Ways(mask=_mask(mask)), instrument)
    try:
        yield kept.spans
    finally:
        close(FLUSH_S)


class _Kept(SpanExporter):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing to end."""


def _begin(destinations: Sequence[Destination], ways: Ways, instrument: str | Sequence[str]) -> None:
    close()
    try:
        HUB.pipeline = Pipeline(destinations, ways)
        _INSTRUMENTORS.extend(instrumented(instrument, provider()))
    except (InstrumentError, ModuleNotFoundError) as error:
        close()
        raise TracingError(str(error)) from error


def _as_it_is(name: str, exporter: SpanExporter) -> Destination:
    return Destination(name, lambda: exporter)


def _mask(wanted: bool | Callable[[str], str]) -> Mask | None:
    if callable(wanted):
        return wanted
    return personal_data_mask() if wanted else None


def _resource(service: str) -> dict[str, str]:
    return {"service.name": service} if service else {}
