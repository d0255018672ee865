"""Two answers compared by the scores that a judge gave each: there is no order in that, and no further call.

For judges that see one answer at a time, as the local one does.
"""

from __future__ import annotations

from llm_eval_pipeline.evaluation.judging import JudgeScore
from llm_eval_pipeline.evaluation.pairwise import Preference, Winner
from llm_eval_pipeline.evaluation.tie_margin import WINS_FROM


def compare_by_score(a: JudgeScore, b: JudgeScore) -> Preference:
    """Which of two answers a judge of single answers gave the higher score; what is no win is a tie.

    Raises:
        ValueError: when the scores are of different judges or rubrics, which are not on one scale.
    """
    if (a.judge, a.rubric_version) != (b.judge, b.rubric_version):
        raise ValueError(
            f"scores of {a.judge} by {a.rubric_version} and of {b.judge} by {b.rubric_version} cannot be compared: "
            "judge both answers by one judge and one rubric"
        )
    winner: Winner | None = None
    reasons = [f"{name}: {score.unscored_reason}" for name, score in (("a", a), ("b", b)) if score.unscored_reason]
    if a.quality_score is not None and b.quality_score is not None:
        ahead = a.quality_score - b.quality_score
        winner = "a" if ahead >= WINS_FROM else "b" if ahead <= -WINS_FROM else "tie"
    return Preference(
        winner=winner,
        unscored_reason=None if winner else "; ".join(reasons) or "a score is missing",
        judge=a.judge,
        rubric_version=a.rubric_version,
        rationale=f"{a.quality_score:.2f} against {b.quality_score:.2f}" if winner else None,
    )
