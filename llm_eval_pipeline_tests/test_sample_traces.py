from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from llm_eval_pipeline.costs.prices import price_book
from llm_eval_pipeline.settings import REPOSITORY

FOLDER = REPOSITORY / "data" / "sample_traces"
FIRST_MONDAY = date(2026, 1, 5)
WEEKS = 16


@pytest.fixture(scope="module")
def arrivals() -> Iterator[ModuleType]:
    sys.path.insert(0, str(FOLDER))
    try:
        from traffic import arrivals as module

        yield module
    finally:
        sys.path.remove(str(FOLDER))


@cache
def records() -> list[tuple[str, dict[str, Any] | None]]:
    """(the day of the file, a span or None for a line that holds none) over all files."""
    found: list[tuple[str, dict[str, Any] | None]] = []
    for file in sorted(FOLDER.glob("*.otlp.jsonl.gz")):
        for line in gzip.decompress(file.read_bytes()).splitlines():
            try:
                batches = json.loads(line)["resourceSpans"]
            except (json.JSONDecodeError, TypeError):
                found.append((file.name[:10], None))
                continue
            found += [(file.name[:10], s) for b in batches for scope in b["scopeSpans"] for s in scope["spans"]]
    return found


@cache
def spans() -> dict[tuple[str, str], tuple[date, dict[str, Any]]]:
    """Every good span once, by its ids, with the day on which it started."""
    return {(s["traceId"], s["spanId"]): (day_of(s), s) for _, s in records() if s is not None and is_good(s)}


def is_good(span: dict[str, Any]) -> bool:
    times = [str(span.get(name, "")) for name in ("startTimeUnixNano", "endTimeUnixNano")]
    ids = len(span["traceId"]) == 32 and len(span["spanId"]) == 16
    return ids and all(t.isdigit() for t in times) and int(times[0]) <= int(times[1])


def day_of(span: dict[str, Any]) -> date:
    return date(1970, 1, 1) + timedelta(days=int(span["startTimeUnixNano"]) // (86_400 * 10**9))


def told(span: dict[str, Any]) -> dict[str, Any]:
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


def of_week(number: int, name: str) -> list[dict[str, Any]]:
    """What the spans of one name say in week 1, 2, …"""
    monday = FIRST_MONDAY + timedelta(weeks=number - 1)
    return [told(s) for day, s in spans().values() if s["name"] == name and 0 <= (day - monday).days < 7]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_a_week_made_again_is_what_ships(arrivals: ModuleType) -> None:
    for day in (FIRST_MONDAY + timedelta(weeks=12, days=i) for i in range(7)):
        shipped = (FOLDER / arrivals.file_name(day)).read_bytes()
        assert gzip.decompress(arrivals.file_bytes(day)) == gzip.decompress(shipped), day
        assert arrivals.file_bytes(day) == arrivals.file_bytes(day)


def test_there_is_a_file_for_every_day_and_all_are_small() -> None:
    files = sorted(FOLDER.glob("*.otlp.jsonl.gz"))
    days = [date.fromisoformat(file.name[:10]) for file in files]
    assert (days[0], days[-1], len(days)) == (FIRST_MONDAY, date(2026, 4, 26), WEEKS * 7)
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))
    assert sum(file.stat().st_size for file in files) < 3_000_000


def test_each_week_has_about_260_traces_in_the_intended_shares() -> None:
    for week in range(1, WEEKS + 1):
        roots = of_week(week, "pipeline")
        features = Counter(root["llm_eval.feature"] for root in roots)
        assert 240 <= len(roots) <= 280
        assert 0.40 < features["question_answering"] / len(roots) < 0.50
        assert 0.07 < features["json_extraction"] / len(roots) < 0.13
        models = Counter(call["gen_ai.request.model"] for call in of_week(week, "generate"))
        assert 0.55 < models["sample/extractive-large"] / len(roots) < 0.65


def test_every_child_lies_within_its_root() -> None:
    roots = {s["spanId"]: s for _, s in spans().values() if "parentSpanId" not in s}
    for _, span in spans().values():
        if "parentSpanId" in span:
            root = roots[span["parentSpanId"]]
            assert int(root["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
            assert int(span["endTimeUnixNano"]) <= int(root["endTimeUnixNano"])


def test_only_questions_retrieve() -> None:
    asked = sum(r["llm_eval.feature"] == "question_answering" for w in range(1, 17) for r in of_week(w, "pipeline"))
    assert asked == sum(len(of_week(week, "retrieve")) for week in range(1, WEEKS + 1))


def test_some_spans_are_late_twice_there_damaged_or_failed() -> None:
    good = [(day, s) for day, s in records() if s is not None and is_good(s)]
    copies = len(good) - len(spans())
    first_file: dict[str, str] = {}
    for day, span in good:
        first_file.setdefault(span["spanId"], day)
    late = sum(first_file[s["spanId"]] > day.isoformat() for day, s in spans().values())
    assert len(records()) - len(good) == 25
    assert 0.003 < copies / len(spans()) < 0.008
    assert 0.007 < late / len(spans()) < 0.014
    failed = [s for _, s in spans().values() if s["name"] == "generate" and s["status"]["code"] == 2]
    assert 0.005 < len(failed) / sum(len(of_week(w, "generate")) for w in range(1, 17)) < 0.02


def test_the_second_release_answers_from_week_13_on() -> None:
    for week in range(1, WEEKS + 1):
        resolved = {
            c["gen_ai.response.model"].split("@")[1] for c in of_week(week, "generate") if "error.type" not in c
        }
        assert resolved == {"r2" if week >= 13 else "r1"}


def test_in_week_10_retrieval_finds_a_third_of_the_documents() -> None:
    def found(week: int) -> int:
        lists = [json.loads(r["gen_ai.retrieval.documents"]) for r in of_week(week, "retrieve")]
        return len({document["title"] for documents in lists for document in documents})

    assert found(10) <= 13 < 30 < min(found(9), found(11))


def test_users_like_the_bad_weeks_less() -> None:
    def liked(weeks: range) -> float:
        return mean(
            [
                float(r["llm_eval.feedback_score"])
                for w in weeks
                for r in of_week(w, "pipeline")
                if "llm_eval.feedback_score" in r
            ]
        )

    healthy = liked(range(1, 10))
    assert liked(range(10, 11)) < healthy - 0.1
    assert liked(range(13, 17)) < healthy - 0.15


def test_the_long_prompt_doubles_what_json_extraction_costs_and_nothing_else() -> None:
    book = price_book(REPOSITORY / "data" / "prices.yaml")

    def usd(weeks: range, feature: str) -> float:
        kinds = {"input_tokens": "input_tokens", "cache_read.input_tokens": "cached_input_tokens"}
        kinds["output_tokens"] = "output_tokens"
        costs = []
        for week in weeks:
            for call in of_week(week, "generate"):
                if call["llm_eval.feature"] == feature and "error.type" not in call:
                    usage = {kind: int(call[f"gen_ai.usage.{name}"]) for name, kind in kinds.items()}
                    costs.append(float(book.price(call["gen_ai.request.model"], usage, FIRST_MONDAY)))
        return mean(costs)

    before, after = range(1, 11), range(11, 17)
    assert 1.8 < usd(after, "json_extraction") / usd(before, "json_extraction") < 2.2
    for other in ("question_answering", "summarisation", "classification"):
        assert usd(after, other) / usd(before, other) == pytest.approx(1, abs=0.1)


def test_latency_is_stable_from_week_to_week() -> None:
    for week in range(1, WEEKS + 1):
        monday = FIRST_MONDAY + timedelta(weeks=week - 1)
        took = [
            (int(s["endTimeUnixNano"]) - int(s["startTimeUnixNano"])) / 1e6
            for day, s in spans().values()
            if s["name"] == "generate" and s["status"]["code"] == 1 and 0 <= (day - monday).days < 7
        ]
        assert 400 < sorted(took)[len(took) // 2] < 520


def test_personal_data_is_there_and_is_nobodys() -> None:
    prompts = [r["gen_ai.input.messages"] for week in range(1, 17) for r in of_week(week, "pipeline")]
    mails = [p for p in prompts if "@" in p]
    assert mails
    assert all("@example.com" in p or "@example.org" in p for p in mails)


def test_the_questions_are_no_copies_of_the_curated_ones() -> None:
    folder: Path = REPOSITORY / "data" / "examples"
    curated = {json.loads(line)["prompt"] for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()}
    asked = {
        json.loads(r["gen_ai.input.messages"])[0]["parts"][0]["content"]
        for week in range(1, 17)
        for r in of_week(week, "pipeline")
    }
    assert not curated & asked
