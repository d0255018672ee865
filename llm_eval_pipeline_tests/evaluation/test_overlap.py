"""Overlap scores: equal to sacrebleu, null without a reference, fast enough to be no bottleneck."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.evaluation.overlap import chrf, score_pairs

TEXTS = st.one_of(
    st.text(max_size=80), st.lists(st.sampled_from(["the", "cat", "sat.", "on", "a", "mat", "3,5", "😀"])).map(" ".join)
)


@settings(deadline=None)  # the first example imports the library
@given(TEXTS, TEXTS)
def test_bleu_and_chrf_equal_sacrebleu(output: str, reference: str) -> None:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    assert chrf(output, reference) == pytest.approx(CHRF().sentence_score(output, [reference]).score, abs=1e-9)
    (scores,) = score_pairs([output], [reference])
    if scores is None:
        assert not reference.strip()
    else:
        bleu = BLEU(effective_order=True).sentence_score(output, [reference]).score
        assert scores.bleu == pytest.approx(bleu, abs=1e-9)


def test_the_same_text_scores_full_marks() -> None:
    (scores,) = score_pairs(["The parcel arrives on Monday."], ["The parcel arrives on Monday."])
    assert scores is not None
    assert (scores.bleu, scores.chrf) == pytest.approx((100, 100))
    assert (scores.rouge1, scores.rouge2, scores.rougeL) == (1, 1, 1)


def test_where_there_is_no_reference_there_are_no_scores() -> None:
    scores = score_pairs(["a", "b", "c", ""], [None, "", " ", "d"])
    assert scores[:3] == [None, None, None]
    assert scores[3] is not None
    assert (scores[3].bleu, scores[3].chrf, scores[3].rougeL) == (0, 0, 0)


def test_nothing_to_score_is_an_empty_list() -> None:
    assert score_pairs([], []) == []


def test_a_reference_too_few_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 outputs and 1 references"):
        score_pairs(["a", "b"], ["a"])


def test_two_hundred_answers_take_less_than_a_second() -> None:
    outputs = [f"Answer {n}: the parcel leaves on day {n % 7} and arrives two days later. " * 4 for n in range(200)]
    references = [f"Parcel {n} leaves on day {n % 5}; it arrives after two days. " * 4 for n in range(200)]
    score_pairs(outputs[:1], references[:1])  # imports
    started = time.process_time()
    score_pairs(outputs, references)
    assert time.process_time() - started < 1.0
