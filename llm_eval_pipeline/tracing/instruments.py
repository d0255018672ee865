"""Frameworks that trace themselves, through OpenInference's instrumentors (extra ``instrument``)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from opentelemetry.sdk.trace import TracerProvider

log = logging.getLogger(__name__)
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Instrument:
    """What instruments a library: its module and class, and the library's own module."""

    module: str
    kind: str
    library: str


_KNOWN = {
    "openai": Instrument("openinference.instrumentation.openai", "OpenAIInstrumentor", "openai"),
    "langchain": Instrument("openinference.instrumentation.langchain", "LangChainInstrumentor", "langchain_core"),
    "llama_index": Instrument("openinference.instrumentation.llama_index", "LlamaIndexInstrumentor", "llama_index"),
}


class InstrumentError(ValueError):
    """A library that cannot be instrumented. The text says what is missing and what to install."""


def instrumented(wanted: str | Sequence[str], provider: TracerProvider) -> list[Any]:
    """Instrument libraries, and return the instrumentors, which can undo it.

    Args:
        wanted: names, or ``auto``: those for which library and instrumentor are both installed.
        provider: whose spans they make.

    Raises:
        InstrumentError: for a name that is unknown, or a part that is not installed.
    """
    if wanted == AUTO:
        chosen = [name for name, known in _KNOWN.items() if _is_there(known.library) and _is_there(known.module)]
    else:
        chosen = [wanted] if isinstance(wanted, str) else list(wanted)
    for name in chosen:
        if name not in _KNOWN:
            raise InstrumentError(f"instrument={name!r} is not known: use {', '.join(_KNOWN)} or {AUTO!r}")
        for part in (_KNOWN[name].library, _KNOWN[name].module):
            if not _is_there(part):
                raise InstrumentError(
                    f"instrument={name!r} needs {part}, which is not installed: "
                    "install llm-eval-pipeline[instrument] and the library itself"
                )
    return [_begun(_KNOWN[name], provider) for name in chosen]


def undo(instrumentors: Sequence[Any]) -> None:
    """Leave the libraries as they were."""
    for each in instrumentors:
        each.uninstrument()


def _begun(known: Instrument, provider: TracerProvider) -> Any:
    made = getattr(import_module(known.module), known.kind)()
    if made.is_instrumented_by_opentelemetry:  # by the application: then its spans go where that says
        made.uninstrument()
    made.instrument(tracer_provider=provider)
    if (told := getattr(made, "_tracer", None)) is not None and hasattr(told, "run_inline"):
        told.run_inline = True  # LangChain would tell of asynchronous runs in another thread, and context, otherwise
    return made


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package above it is not there either
        return False
