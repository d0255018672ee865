from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_eval_pipeline.production.landing import LandingReport
from llm_eval_pipeline.production.sampling import judged_sample
from llm_eval_pipeline.production.seats import design_effect
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline_tests.production.otlp import DAY, hex_id, lay, message, span, trace

NEXT = "2026-03-31"
Land = Callable[[], LandingReport]
DISLIKED = {hex_id(f"search{i}", 32) for i in range(0, 200, 20)}


@pytest.fixture
def week(landing: Path, warehouse: Warehouse, landed: Land) -> Warehouse:
    """200 searches of which 10 were disliked, 50 chats, and one rare summary."""
    searches = [trace(f"search{i}", llm_eval__feedback_score=0.0 if i % 20 == 0 else 1.0) for i in range(200)]
    chats = [trace(f"chat{i}", feature="chat", model="m-2") for i in range(50)]
    lay(landing, f"{DAY}.jsonl", *searches, *chats, trace("rare", feature="summary"))
    landed()
    compile_days([DAY], warehouse)
    return warehouse


def test_the_sample_is_the_same_each_time_and_another_with_another_seed(week: Warehouse) -> None:
    one, two = judged_sample(week, DAY, 60), judged_sample(week, DAY, 60)
    assert one == two
    assert {case.trace_id for case in one} != {case.trace_id for case in judged_sample(week, DAY, 60, seed=1)}


def test_weights_sum_to_all_traces_and_rare_strata_are_seen(week: Warehouse) -> None:
    cases = judged_sample(week, DAY, 60)
    assert len(cases) <= 60
    assert sum(case.weight or 0 for case in cases) == pytest.approx(251)
    seats = Counter(case.feature for case in cases if case.weight is not None)
    assert seats["summary"] == 1
    assert seats["search"] == pytest.approx(4 * seats["chat"], abs=4)


def test_disliked_traces_are_all_there_and_those_added_have_no_weight(week: Warehouse) -> None:
    cases = {case.trace_id: case for case in judged_sample(week, DAY, 60)}
    assert cases.keys() >= DISLIKED
    assert {trace_id for trace_id, case in cases.items() if case.weight is None} <= DISLIKED


def test_disliked_traces_take_no_more_than_half(week: Warehouse) -> None:
    cases = judged_sample(week, DAY, 10)
    assert len(cases) <= 10
    assert sum(case.weight is None for case in cases) <= 5


def test_a_small_week_is_judged_whole(week: Warehouse) -> None:
    cases = judged_sample(week, DAY, 1000)
    assert len(cases) == 251
    assert {case.weight for case in cases} == {1.0}


def test_fewer_seats_than_strata_still_give_unbiased_weights(week: Warehouse) -> None:
    cases = [case for case in judged_sample(week, DAY, 3) if case.weight is not None]
    assert sum(case.weight for case in cases) == pytest.approx(251)


def test_a_case_has_the_question_the_answer_and_what_was_retrieved(
    landing: Path, warehouse: Warehouse, landed: Land
) -> None:
    documents = '[{"title": "Backups", "content": "Daily."}, {"content": "Kept for 30 days."}]'
    bare = span("t2", "answer", feature="search")
    call = span(
        "t2",
        "chat",
        parent="answer",
        gen_ai__operation__name="chat",
        gen_ai__request__model="m-1",
        gen_ai__input__messages=message("user", "Why?"),
        gen_ai__output__messages=message("assistant", "Because."),
    )
    unanswered = span("t3", "answer", feature="search")
    retrieved = span("t1", "retrieve", parent="pipeline", gen_ai__retrieval__documents=documents)
    lay(landing, f"{DAY}.jsonl", [*trace("t1"), retrieved], [bare, call], [unanswered])
    landed()
    compile_days([DAY], warehouse)
    cases = {case.trace_id: case for case in judged_sample(warehouse, DAY, 10)}
    first, second = cases[hex_id("t1", 32)], cases[hex_id("t2", 32)]
    assert (first.prompt, first.output) == ("What is t1?", "It is t1.")
    assert first.context == "Backups\nDaily.\n\nKept for 30 days."
    assert (second.prompt, second.output, second.context) == ("Why?", "Because.", None)
    assert (second.model, second.feature) == ("m-1", "search")
    assert len(cases) == 2  # there is nothing to judge in a trace without an answer


def test_a_week_that_was_not_compiled_is_said(warehouse: Warehouse) -> None:
    with pytest.raises(MissingPartitionError, match=DAY):
        judged_sample(warehouse, DAY, 10)


def test_what_was_asked_and_retrieved_after_midnight_is_judged(
    landing: Path, warehouse: Warehouse, landed: Land
) -> None:
    call = span(
        "t1",
        "chat",
        at=f"{NEXT}T00:00:02",
        parent="answer",
        gen_ai__operation__name="chat",
        gen_ai__request__model="m-1",
        gen_ai__input__messages=message("user", "Why?"),
        gen_ai__output__messages=message("assistant", "Because."),
        gen_ai__retrieval__documents='[{"content": "Daily."}]',
    )
    lay(landing, f"{DAY}.jsonl", [span("t1", "answer", at=f"{DAY}T23:59:59", ms=5000, feature="search")])
    lay(landing, f"{NEXT}.jsonl", [call])
    landed()
    compile_days([DAY, NEXT], warehouse)
    (case,) = judged_sample(warehouse, DAY, 10)
    assert (case.prompt, case.output, case.context) == ("Why?", "Because.", "Daily.")
    assert (case.weight, f"{case.started_at:%F}") == (1.0, DAY)


def test_an_id_that_comes_again_days_later_is_judged_once(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    later = "2026-04-02"
    lay(landing, f"{DAY}.jsonl", trace("t1"), trace("t2"))
    lay(landing, f"{later}.jsonl", trace("t1", at=f"{later}T12:00:00", feature="chat")[1:])
    again = span(
        "t1",
        "again",
        at=f"{later}T12:00:00",
        gen_ai__operation__name="chat",
        gen_ai__input__messages=message("user", "Again?"),
        gen_ai__output__messages=message("assistant", "Again."),
    )
    lay(landing, f"{later}-more.jsonl", [again])
    landed()
    compile_days([DAY, later], warehouse)
    cases = judged_sample(warehouse, DAY, 10)
    assert [case.trace_id for case in cases] == sorted([hex_id("t1", 32), hex_id("t2", 32)])
    assert {case.prompt for case in cases} == {"What is t1?", "What is t2?"}
    assert sum(case.weight or 0 for case in cases) == 2


def test_a_late_day_takes_no_more_places_than_it_must(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(
        landing,
        f"{DAY}.jsonl",
        *(trace(f"a{i}") for i in range(120)),
        *(trace(f"b{i}", feature="x") for i in range(60)),
    )
    landed()
    compile_days([DAY], warehouse)
    before = {case.trace_id for case in judged_sample(warehouse, DAY, 60)}
    late = [trace(f"late{i}", at=f"{NEXT}T12:00:00") for i in range(18)]
    lay(landing, f"{NEXT}.jsonl", *late)
    landed()
    compile_days([NEXT], warehouse)
    after = {case.trace_id for case in judged_sample(warehouse, DAY, 60)}
    # 40 of 120 and 20 of 60 were drawn; then it is 42 of 138 and 18 of 60, so two seats go over, and nobody of the
    # smaller feature is new
    newcomers, late_ids = after - before, {hex_id(f"late{i}", 32) for i in range(18)}
    assert len(before) == len(after) == 60
    assert newcomers & late_ids
    assert len(newcomers - late_ids) <= 2
    assert not newcomers & {hex_id(f"b{i}", 32) for i in range(60)}


def test_a_sample_is_no_larger_than_estimates_want(week: Warehouse) -> None:
    cases = judged_sample(week, DAY, 200, wanted=40)
    drawn = [case.weight for case in cases if case.weight is not None]
    assert sum(drawn) == pytest.approx(251)
    assert 40 <= len(drawn) < 50
    assert len(drawn) / design_effect(drawn) >= 40
    assert {case.trace_id for case in cases} >= DISLIKED  # 10 of them, for which there is room


def test_a_week_that_has_fewer_than_estimates_want_is_judged_whole(week: Warehouse) -> None:
    assert len(judged_sample(week, DAY, 300, wanted=1000)) == 251
