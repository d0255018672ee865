"""Overlap scores: the reference libraries' values, null without a reference, fast enough to be no bottleneck."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.evaluation import overlap
from llm_eval_pipeline.evaluation.overlap import score_pairs

WORDS = [
    "the",
    "cat",
    "sat.",
    "on",
    "a",
    "mat",
    "3,5",
    "😀",
    "5-a-day",
    "&quot;Hi&quot;",
    "日本語",
    "co-\nop",
    "..",
    "x,,y",
]
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS)).map(" ".join))


@settings(deadline=None)  # the first example imports the libraries
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_every_score_of_a_batch_equals_the_reference_library(pairs: list[tuple[str, str]]) -> None:
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF

    bleu, chrf, rouge = BLEU(effective_order=True), CHRF(), RougeScorer(["rouge1", "rouge2", "rougeL"])
    found = score_pairs([output for output, _ in pairs], [reference for _, reference in pairs])
    for (output, reference), scores in zip(pairs, found, strict=True):
        if scores is None:
            assert not reference.strip()
            continue
        expected = rouge.score(reference, output)
        assert scores.bleu == pytest.approx(bleu.sentence_score(output, [reference]).score, abs=1e-9)
        assert scores.chrf == pytest.approx(chrf.sentence_score(output, [reference]).score, abs=1e-9)
        assert (scores.rouge1, scores.rouge2, scores.rougeL) == pytest.approx(
            [expected[name].fmeasure for name in ("rouge1", "rouge2", "rougeL")], abs=1e-9
        )


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


def test_a_pair_too_long_to_compare_has_no_scores_and_leaves_its_neighbours_theirs() -> None:
    long = "word " * (overlap.LONGEST // 5)
    scores = score_pairs([long, "a b"], ["a b", "a b"])
    assert scores[0] is None
    assert scores[1] is not None
    assert scores[1].rouge1 == 1


def test_a_pair_scores_the_same_alone_and_in_a_batch_of_several_blocks() -> None:
    outputs = [f"Answer {n}: the parcel leaves on day {n % 7}. " * 30 for n in range(120)]
    references = [f"Parcel {n} leaves on day {n % 5}; wait two days. " * 30 for n in range(120)]
    assert sum(map(len, outputs + references)) > 2 * overlap.BLOCK
    alone = [score_pairs([o], [r])[0] for o, r in zip(outputs, references, strict=True)]
    assert score_pairs(outputs, references) == alone


def test_a_reference_too_few_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 outputs and 1 references"):
        score_pairs(["a", "b"], ["a"])


def test_a_thousand_answers_take_less_than_a_second() -> None:
    outputs = [f"Answer {n}: the parcel leaves on day {n % 7} and arrives two days later. " * 4 for n in range(1000)]
    references = [f"Parcel {n} leaves on day {n % 5}; it arrives after two days. " * 4 for n in range(1000)]
    score_pairs(outputs[:1], references[:1])  # imports
    started = time.process_time()
    score_pairs(outputs, references)
    assert time.process_time() - started < 1.0
