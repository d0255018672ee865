"""What changed: the traffic, the model or the judge, read from three instruments that hold different things still."""

from __future__ import annotations

from typing import Literal

from llm_eval_pipeline.drift.verdict import Verdict

Cause = Literal["traffic", "model", "judge", "unresolved"]


def attribute(production: Verdict | None, canary: Verdict | None, anchors: Verdict | None) -> Cause | None:
    """The cause of one metric's drift in one window; None where no instrument drifted.

    Production sees everything move. The canary holds the inputs still, so what moves there is the model or the judge;
    the anchors hold inputs and outputs still, so what moves there is the judge. An instrument that does not measure
    the metric is None (latency has no anchors). Anchors that ought to have spoken and could not leave the model and the
    judge apart as ``unresolved``.
    """
    if _drifted(anchors):
        return "judge"
    if not (_drifted(production) or _drifted(canary)):
        return None
    if _drifted(canary):
        agreed = not _answered(production) or _same_way(production, canary)
        return "model" if agreed and (anchors is None or _answered(anchors)) else "unresolved"
    return "traffic" if _answered(canary) else "unresolved"


def _drifted(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.verdict == "drifted"


def _answered(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.verdict in ("drifted", "stable")


def _same_way(one: Verdict | None, other: Verdict | None) -> bool:
    return _drifted(one) and one is not None and other is not None and one.direction == other.direction
