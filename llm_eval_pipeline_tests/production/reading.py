"""What a reader makes of some bytes."""

from __future__ import annotations

import io

from llm_eval_pipeline.production.readers import Reader
from llm_eval_pipeline.production.spans import BadSpanError, Span


def read_by(reader: Reader, data: bytes, name: str) -> tuple[list[Span], list[str]]:
    """Good spans, and the reasons of the others, each of which has its bytes."""
    spans, reasons = [], []
    for record in reader.records(io.BytesIO(data), name):
        assert record.size() >= len(record.raw()) > 0
        try:
            spans.append(record.span())
        except BadSpanError as error:
            reasons.append(str(error))
    return spans, reasons
