"""A rate as judged, corrected for a judge that lets bad ones pass and stops good ones."""

from __future__ import annotations

import math

from llm_eval_pipeline.evaluation.intervals import Z
from llm_eval_pipeline.evaluation.judge_quality.agreement import Confusion
from llm_eval_pipeline.evaluation.judge_quality.estimate import Estimate


def rogan_gladen(accepted: float, n: float, labelled: Confusion) -> Estimate | None:
    """The share that people would accept, from the share that the judge accepts.

    (p + TNR - 1) / (TPR + TNR - 1) by Rogan & Gladen (1978, Am. J. Epidemiol. 107: 71-76), with the interval of Lang &
    Reiczigel (2014, Prev. Vet. Med. 113: 13-22), which also holds what is not known of the two rates; both clipped to
    [0, 1].

    It assumes that the judge errs on these cases as on the labelled ones: the same share of good ones is stopped, the
    same share of bad ones passes. How many of the labelled ones are good may differ.

    Args:
        accepted: how many of the ``n`` cases the judge accepts; a fraction where a case is a mean over repetitions.
        n: how many cases the judge scored.
        labelled: the judge against people, on other cases than these.

    Returns:
        None without cases, without labelled ones of both kinds, or where TPR + TNR is at most 1, as counted or as the
        interval draws them to the middle: such a judge, or so few labels, tell nothing.
    """
    sensitivity, specificity = labelled.true_positive_rate, labelled.true_negative_rate
    if not n or sensitivity is None or specificity is None:
        return None
    informed = sensitivity.value + specificity.value - 1
    if informed <= 0 or not _is_informed(labelled):
        return None
    low, high = _limits(accepted, n, labelled)
    return Estimate(value=(accepted / n + specificity.value - 1) / informed, low=low, high=high).clipped(0.0, 1.0)


def _is_informed(labelled: Confusion) -> bool:
    """Whether the drawn rates of :func:`_limits` still sum to more than 1; in whole numbers, where 1 is 1."""
    of_good, of_bad = labelled.positives + 2, labelled.negatives + 2
    return (labelled.true_positives + 1) * of_bad + (labelled.true_negatives + 1) * of_good > of_good * of_bad


def _limits(accepted: float, n: float, labelled: Confusion) -> tuple[float, float]:
    """Lang & Reiczigel's limits: every rate drawn to the middle a little, a shift, and the delta method's error."""
    weight, rate = n + Z * Z, (accepted + Z * Z / 2) / (n + Z * Z)
    of_good, sensitivity = labelled.positives + 2, (labelled.true_positives + 1) / (labelled.positives + 2)
    of_bad, specificity = labelled.negatives + 2, (labelled.true_negatives + 1) / (labelled.negatives + 2)
    informed = sensitivity + specificity - 1
    share = (rate + specificity - 1) / informed
    doubt_good = sensitivity * (1 - sensitivity) / of_good
    doubt_bad = specificity * (1 - specificity) / of_bad
    error = math.sqrt(rate * (1 - rate) / weight + doubt_good * share**2 + doubt_bad * (1 - share) ** 2) / informed
    centre = share + 2 * Z * Z * (share * doubt_good - (1 - share) * doubt_bad)
    return centre - Z * error, centre + Z * error
