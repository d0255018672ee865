"""A week of spans to profiles, against unpacking and parsing the same files."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.pairs import compared
from benchmarks.table import Options, Row


def rows(options: Options) -> Iterator[Row]:
    """The two ways."""
    import orjson

    from llm_eval_pipeline.costs.prices import price_book
    from llm_eval_pipeline.production.landing import land
    from llm_eval_pipeline.production.profiles import profile_days
    from llm_eval_pipeline.production.traces import compile_days
    from llm_eval_pipeline.storage.warehouse import Warehouse

    data = Path(__file__).parents[1] / "data"
    files = sorted((data / "sample_traces").glob("2026-01-0[5-9]*.gz"))
    price = price_book(data / "prices.yaml")
    with tempfile.TemporaryDirectory() as landing:
        for file in files:
            (Path(landing) / file.name).write_bytes(file.read_bytes())

        def ours() -> None:
            with tempfile.TemporaryDirectory() as folder:
                warehouse = Warehouse(folder)
                days = [file.name[:10] for file in files]
                land(Path(landing), warehouse, price)
                compile_days(days, warehouse)
                profile_days(days, warehouse)

        def parse() -> None:
            for file in files:
                for line in gzip.decompress(file.read_bytes()).splitlines():
                    if line.startswith(b"{") and line.endswith(b"}"):
                        orjson.loads(line)

        what = "5 days of spans: land, compile, profile"
        yield from compared(what, ours, "gunzip and orjson alone", parse, options)
