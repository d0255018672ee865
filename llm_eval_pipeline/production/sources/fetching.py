"""All sources, one after another; one that is down keeps nobody else from being fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from llm_eval_pipeline.production.sources.seam import Fetched, Source, SourceError


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What each source gave, by its name, and what the others said."""

    fetched: dict[str, Fetched]
    failures: tuple[str, ...]


def fetch_all(sources: Sequence[Source], now: datetime) -> FetchReport:
    """Fetch from each source; a failure is kept for later, when what has landed was ingested."""
    fetched, failures = {}, []
    for source in sources:
        try:
            fetched[source.name] = source.fetch(now)
        except SourceError as error:
            failures.append(str(error))
    return FetchReport(fetched, tuple(failures))
