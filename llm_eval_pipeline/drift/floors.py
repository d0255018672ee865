"""The floor under an effect: how far a healthy week may lie from the baseline, learnt from the baseline's own weeks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llm_eval_pipeline.drift.distributions import Distribution, pooled
from llm_eval_pipeline.drift.effects import effect_names, effects, sampling_variances
from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.drift.pairs import pair
from llm_eval_pipeline.drift.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What the baseline weeks say of one effect.

    ``square``: the mean square of the effect of each week against the rest. ``weeks``: how many weeks that is; 0 where
    they were too few. ``rows``: rows of a typical week (harmonic mean). ``sampling``: the part of the square that rows
    alone explain, times rows.
    """

    square: float
    weeks: int
    rows: float
    sampling: float


def learn(metric: Metric, weeks: Sequence[Distribution], policy: Policy) -> dict[str, Spread]:
    """The spread of each effect of a metric among its baseline weeks; weeks with too few rows teach nothing."""
    taught = [week for week in weeks if week.n >= policy.minimum_rows]
    enough = len(taught) >= policy.learn_from
    known = taught if enough else [week for week in weeks if week.n]
    if not known:
        return {}
    sampling = sampling_variances(metric, pooled(known))
    rows = len(known) / sum(1 / week.n for week in known)
    if not enough:
        return {name: Spread(square=0.0, weeks=0, rows=rows, sampling=sampling[name]) for name in effect_names(metric)}
    against_rest = [
        _against(metric, week, pooled(taught[:place] + taught[place + 1 :])) for place, week in enumerate(taught)
    ]
    return {
        name: Spread(
            square=sum(found[name] ** 2 for found in against_rest) / len(taught),
            weeks=len(taught),
            rows=rows,
            sampling=sampling[name],
        )
        for name in effect_names(metric)
    }


def effect_floor(name: str, spread: Spread, n_current: int, n_baseline: int, policy: Policy) -> float:
    """The effect that a healthy window of this size exceeds with probability ``policy.extreme``.

    A prediction limit of Student's t: the variance between weeks is the observed square less what rows explain, and
    has as many degrees of freedom as weeks less one; the variance within is known. Their sum's degrees of freedom are
    Satterthwaite's (1946, Biometrics Bulletin 2: 110-114).
    """
    if spread.weeks == 0:
        return policy.unlearnt[name]
    from scipy.special import ndtri, stdtrit

    rest = spread.rows * (spread.weeks - 1)
    beyond_rows = max(0.0, spread.square - spread.sampling * (1 / spread.rows + 1 / rest))
    between = beyond_rows * _serial_inflation(spread.weeks, policy.serial)
    total = between + spread.sampling * (1 / n_current + 1 / n_baseline)
    level = 1 - policy.extreme / 2
    if between <= 1e-6 * total:
        return max(policy.least[name], float(ndtri(level)) * math.sqrt(total))
    freedom = (spread.weeks - 1) * (total / between) ** 2
    return max(policy.least[name], float(stdtrit(freedom, level)) * math.sqrt(total))


def _against(metric: Metric, week: Distribution, rest: Distribution) -> dict[str, float]:
    return effects(metric, week, rest, pair(week, rest))


def _serial_inflation(weeks: int, correlation: float) -> float:
    """By how much a later week's squared distance from the baseline exceeds that of a baseline week from the rest.

    Neighbouring weeks resemble each other (AR(1) with the given correlation), so a short baseline shows less than the
    full spread, and its own mean lies off. With m weeks and r the mean correlation of two of them, the first is
    1 + 1/m + r (m - 1) / m and the second (1 - r) m / (m - 1), in units of the weeks' variance.
    """
    lags = sum((weeks - lag) * correlation**lag for lag in range(1, weeks))
    mean_correlation = 2 * lags / (weeks * (weeks - 1))
    later = 1 + 1 / weeks + mean_correlation * (weeks - 1) / weeks
    return later / ((1 - mean_correlation) * weeks / (weeks - 1))
