from __future__ import annotations

from llm_eval_pipeline.production.strata import feedback_kind, sampled_strata


def test_a_score_below_a_half_is_dislike_and_no_score_is_neither() -> None:
    assert [feedback_kind(score) for score in (0.0, 0.49, 0.5, 1.0, None)] == [
        *("disliked", "disliked", "liked", "liked", "none")
    ]


def test_strata_are_counted_with_what_they_stand_for_and_added_traces_are_not() -> None:
    def row(feature: str, feedback: float | None, weight: float | None) -> dict[str, object]:
        return {"model": "m", "feature": feature, "feedback_score": feedback, "weight": weight}

    rows = [row("a", None, 5.0), row("a", None, 5.0), row("a", 0.0, 1.0), row("b", None, 20.0), row("a", 0.0, None)]
    assert [(one["feature"], one["feedback"], one["drawn"], one["requests"]) for one in sampled_strata(rows)] == [
        ("b", "none", 1, 20.0),
        ("a", "none", 2, 10.0),
        ("a", "disliked", 1, 1.0),
    ]
