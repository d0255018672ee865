"""Write the sample's production traces again: ``.venv/bin/python data/sample_traces/generate.py``.

The same documents, releases and seed give the same spans. Everything here is invented: no user wrote any of it.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from traffic import arrivals, spans, story  # noqa: E402


def main() -> None:
    """Write one file per day beside this script, and say how much is in them."""
    for old in HERE.glob("*.otlp.jsonl.gz"):
        old.unlink()
    written = size = 0
    for day in story.days():
        content = arrivals.file_bytes(day)
        (HERE / arrivals.file_name(day)).write_bytes(content)
        written, size = written + len(spans.spans_of(day)), size + len(content)
    sys.stdout.write(f"{len(story.days())} files, {written} spans, {size / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main()
