"""What many comparisons say together: how often ``a`` wins, and how far the judge goes by the place of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm_eval_pipeline.evaluation.intervals import wilson
from llm_eval_pipeline.evaluation.judge_quality.agreement import rate
from llm_eval_pipeline.evaluation.judge_quality.estimate import Estimate
from llm_eval_pipeline.evaluation.pairwise import Preference


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseSummary:
    """Counts and rates over pairs; what no pair can tell is None.

    ``win_rate`` is the share that ``a`` wins, a tie being half a win, with Wilson's interval on that sum; a tie varies
    less than a won or lost pair, so the interval is rather too wide. ``position_consistency`` is the share of pairs
    asked in both orders that had one verdict. ``first_preference`` is the share of decided replies that preferred the
    answer that stood first: 0.5 is no preference.
    """

    n: int
    n_unscored: int
    wins: int
    losses: int
    ties: int
    win_rate: Estimate | None
    position_consistency: Estimate | None
    first_preference: float | None


def summarise_pairs(verdicts: Sequence[Preference]) -> PairwiseSummary:
    """Summarise comparisons of the same two models; unscored pairs are counted and leave the rates."""
    known = [verdict.winner for verdict in verdicts if verdict.winner is not None]
    wins, losses, ties = (known.count(winner) for winner in ("a", "b", "tie"))
    ordered = [verdict for verdict in verdicts if verdict.position_bias is not None]
    decided = sum(verdict.decided for verdict in ordered)
    won, interval = wins + ties / 2, wilson(wins + ties / 2, len(known))
    return PairwiseSummary(
        n=len(known),
        n_unscored=len(verdicts) - len(known),
        wins=wins,
        losses=losses,
        ties=ties,
        win_rate=None if interval is None else Estimate(value=won / len(known), low=interval[0], high=interval[1]),
        position_consistency=rate(sum(not verdict.position_bias for verdict in ordered), len(ordered)),
        first_preference=sum(verdict.first_preferred for verdict in ordered) / decided if decided else None,
    )
