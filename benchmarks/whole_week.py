"""One process that takes a week from spans to KS, and says what each part took; ``week.py`` starts it."""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import orjson

from benchmarks.week import BASELINE, METRICS, WEEK
from llm_eval_pipeline.costs.summary import cost_rows
from llm_eval_pipeline.drift.instruments import observe
from llm_eval_pipeline.drift.ks import ks_2samp
from llm_eval_pipeline.drift.report import baseline_rows, pinned_baseline, report_rows
from llm_eval_pipeline.production.profiles import profile_days
from llm_eval_pipeline.production.schema import TRACE_PROFILES, TRACE_SPEND
from llm_eval_pipeline.production.week_profiles import WeekProfiles, week_profiles
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of, week_before

_FLOOR = """
select model_requested, feature, cast(ceil(log2({column}) * 256) as int) as cell, count(*)
from read_parquet({files}) where {column} > 0 group by all
"""
_COLUMNS = ("duration_ms", "first_token_ms", "input_uncached_tokens", "output_tokens", "request_cost_usd::double")


def main() -> None:
    """Measure, and print what was found as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    folder = parser.parse_args().folder
    warehouse = Warehouse(str(folder / "warehouse"))
    found = {"profiles": _took(lambda: profile_days(days_of(WEEK), warehouse))} | _sums(warehouse)
    found["whole"] = sum(found.values())
    found["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    found["late"] = _took(lambda: profile_days([days_of(WEEK)[3]], warehouse)) + sum(_sums(warehouse).values())
    found["reports"] = _reports(warehouse, folder / "year")
    found["floor"] = _floor(warehouse)
    sys.stdout.write(orjson.dumps(found).decode())


def _sums(warehouse: Warehouse) -> dict[str, float]:
    week, baseline = week_profiles(warehouse, WEEK), week_profiles(warehouse, BASELINE)
    return {
        "percentiles": _took(lambda: _percentiles(week_profiles(warehouse, WEEK))),
        "spend": _took(lambda: _spend(warehouse)),
        "ks": _took(lambda: _ks(week, baseline)),
    }


def _percentiles(week: WeekProfiles) -> None:
    for metric in METRICS:
        for found in (week.distribution(metric), *week.by(metric, "model", "feature").values()):
            assert all(found.quantile(share) is not None for share in (0.5, 0.95, 0.99))


def _spend(warehouse: Warehouse) -> None:
    spent = {date.fromisoformat(d): warehouse.read(TRACE_SPEND, d).to_pylist() for d in days_of(WEEK)}
    assert len(cost_rows(spent, [])) == 7 * 32


def _ks(week: WeekProfiles, baseline: WeekProfiles) -> None:
    for metric in METRICS:
        before = {(): baseline.distribution(metric), **baseline.by(metric, "model", "feature")}
        now = {(): week.distribution(metric), **week.by(metric, "model", "feature")}
        assert len(now) == 33
        for where, found in now.items():
            assert 0 <= ks_2samp(*found.pairs, *before[where].pairs).pvalue <= 1


def _reports(warehouse: Warehouse, year: Path) -> float:
    """A year of the week's profiles, of which 8 weeks are the baseline, into 52 reports."""
    copies = Warehouse(str(year))
    weeks = [week_before(WEEK, n) for n in range(59, -1, -1)]
    for week in weeks:
        for day, then in zip(days_of(WEEK), days_of(week), strict=True):
            target = Path(copies.path(TRACE_PROFILES, then))
            target.parent.mkdir(parents=True)
            shutil.copyfile(warehouse.path(TRACE_PROFILES, day), target)
    pinned = pinned_baseline(baseline_rows({week: observe(copies, week) for week in weeks[:8]}, {}, "calibrated"))
    took = _took(lambda: [report_rows(week, observe(copies, week), pinned, "calibrated") for week in weeks[8:]])
    shutil.rmtree(year)
    return took


def _floor(warehouse: Warehouse) -> float:
    import duckdb

    files = [
        warehouse.path(TRACE_PROFILES, day).replace("trace_profiles", "production_traces") for day in days_of(WEEK)
    ]
    with duckdb.connect() as engine:
        engine.execute("set threads = 2")
        return _took(lambda: [engine.sql(_FLOOR.format(column=c, files=files)).fetchall() for c in _COLUMNS])


def _took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
