"""A week of the largest deployment, 14,000 operations a minute: profiles, percentiles, spend and KS, and a late day.

The spans are made and written beforehand, 4 models x 8 features, one call to each request, with the columns that
profiles need and null in the others. What is measured runs in a process of its own (``whole_week.py``), whose memory
counts; the floor is the same grid in bare DuckDB over the same files, in that process, after it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks.loopback.process import ROOT
from benchmarks.table import Options, Row, say, seconds

SPANS_A_DAY = 14_000 * 60 * 24
WEEK, BASELINE = "2026-03-30", "2026-03-23"
METRICS = ("latency_ms", "time_to_first_token_ms", "input_tokens", "output_tokens", "cost_usd")
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-3-5-sonnet", "gemini-1.5-pro")
FEATURES = ("search", "chat", "summary", "extraction", "routing", "translation", "review", "support")


def rows(options: Options) -> Iterator[Row]:
    """The whole week, its parts, the floor, a late day, and a year's reports."""
    per_day = 100_000 if options.quick else SPANS_A_DAY
    with tempfile.TemporaryDirectory() as folder:
        say(f"writing two weeks of spans, {7 * per_day:,} and a baseline of {7 * per_day // 20:,}")
        _write_spans(folder, per_day)
        told = [_measured(folder) for _ in range(1 if options.quick else options.runs)]
    what = f"a week of {7 * per_day:,} spans, 5 metrics by 4 models x 8 features"
    whole = [one["whole"] for one in told]
    yield Row(what=what, who="ours, all of it", result=seconds(whole), goal="under 25 s")
    for part in ("profiles", "percentiles", "spend", "ks"):
        yield Row(what=what, who=f"ours, {part}", result=seconds([one[part] for one in told]))
    memory = max(one["megabytes"] for one in told)
    yield Row(what=what, who="ours, the most memory", result=f"{memory:,.0f} MB", goal="under 1,074 MB (1 GiB)")
    ratio = median(one["profiles"] / one["floor"] for one in told)
    yield Row(
        what="the grid of the 5 metrics, nothing else",
        who="bare DuckDB, 2 threads",
        result=seconds([one["floor"] for one in told]),
        ratio=f"our profiles: {ratio:.2f} ×",
    )
    late = median(one["late"] / one["whole"] for one in told)
    yield Row(
        what="the same week again after a late day",
        who="ours",
        result=seconds([one["late"] for one in told]),
        ratio=f"{late:.2f} × the whole",
        goal="at most 0.2 ×",
    )
    yield Row(
        what="52 weekly drift reports from profiles that are there",
        who="ours",
        result=seconds([one["reports"] for one in told]),
        goal="under 10 s",
    )


def _measured(folder: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.whole_week", "--folder", folder]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def _write_spans(folder: str, per_day: int) -> None:
    from llm_eval_pipeline.production.profiles import profile_days
    from llm_eval_pipeline.storage.warehouse import Warehouse
    from llm_eval_pipeline.windows import days_of

    warehouse = Warehouse(str(Path(folder) / "warehouse"))
    for week, count in ((BASELINE, per_day // 20), (WEEK, per_day)):
        for number, day in enumerate(days_of(week)):
            _write_day(Path(folder) / "warehouse" / "production_traces" / f"day={day}", count, number)
    profile_days(days_of(BASELINE), warehouse)


def _write_day(folder: Path, count: int, seed: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from llm_eval_pipeline.production.schema import PRODUCTION_TRACES

    chance, schema = np.random.default_rng(seed), PRODUCTION_TRACES.schema
    folder.mkdir(parents=True)

    def texts(values: tuple[str, ...], n: int, shares: list[float] | None = None) -> pa.Array:
        picked = chance.choice(len(values), n, p=shares).astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(picked), pa.array(values)).cast(pa.string())

    with pq.ParquetWriter(folder / "rows.parquet", schema, compression="zstd", store_decimal_as_integer=True) as writer:
        for start in range(0, count, 8 * PRODUCTION_TRACES.row_group):
            n = min(8 * PRODUCTION_TRACES.row_group, count - start)
            latency = np.round(chance.lognormal(6.5, 0.8, n), 6)
            given = chance.poisson(chance.lognormal(6, 0.7, n))
            wrote = chance.poisson(chance.lognormal(5, 0.6, n))
            # 2.5 and 10 USD a million tokens, as decimals of 12 places: whole millionths of a millionth
            picodollars = np.zeros((n, 2), np.int64)
            picodollars[:, 0] = given * 2_500_000 + wrote * 10_000_000
            money = schema.field("cost_usd").type
            cost = pa.Array.from_buffers(money, n, [None, pa.py_buffer(picodollars.tobytes())])
            models = texts(MODELS, n)
            columns = {
                "operation": texts(("chat",), n),
                "duration_ms": latency,
                "first_token_ms": np.round(latency * chance.uniform(0.1, 0.4, n), 6),
                "status": texts(("ok", "unset", "error"), n, [0.3, 0.69, 0.01]),
                "model_requested": models,
                "model_resolved": models,
                "feature": texts(FEATURES, n),
                "input_uncached_tokens": given,
                "output_tokens": wrote,
                "cost_usd": cost,
                "is_entry": np.ones(n, np.bool_),
                "request_model": models,
                "request_cost_usd": cost,
            }
            arrays = [columns[f.name] if f.name in columns else pa.nulls(n, f.type) for f in PRODUCTION_TRACES.schema]
            table = pa.Table.from_arrays(
                [pa.array(a) if isinstance(a, np.ndarray) else a for a in arrays], schema=schema
            )
            writer.write_table(table, row_group_size=PRODUCTION_TRACES.row_group)
