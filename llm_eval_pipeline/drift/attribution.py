"""What changed: the traffic, the model or the judge, read from three instruments that hold different things still."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from llm_eval_pipeline.drift.verdict import Verdict

Cause = Literal["traffic", "model", "judge", "unresolved"]


def attribute(production: Verdict | None, canary: Verdict | None, anchors: Verdict | None) -> Cause | None:
    """The cause of one metric's drift in one window; None where no instrument drifted.

    Production sees everything move. The canary holds the inputs still, so what moves there is the model or the judge;
    the anchors hold inputs and outputs still, so what moves there is the judge. An instrument that does not measure
    the metric is None (latency has no anchors). Production need not show what the canary shows, for its rows are fewer
    or noisier; only when it moves the other way, or the anchors ought to have spoken and could not, is a drifted canary
    ``unresolved``. A judge that moved explains only what moved its way: a kinder one lowers no score.
    """
    if _drifted(anchors):
        others = [verdict for verdict in (production, canary) if _drifted(verdict)]
        return "judge" if all(_same_way(verdict, anchors) for verdict in others) else "unresolved"
    if not (_drifted(production) or _drifted(canary)):
        return None
    if _drifted(canary):
        clear = not contradicted(production, canary) and (anchors is None or _answered(anchors))
        return "model" if clear else "unresolved"
    return "traffic" if _answered(canary) else "unresolved"


def contradicted(production: Verdict | None, canary: Verdict | None) -> bool:
    """Whether production and the canary moved in opposite ways, so that neither explains the other."""
    return _drifted(production) and _drifted(canary) and not _same_way(production, canary)


def explained(
    causes: Mapping[str, Cause | None], of_inputs: Collection[str], apart: Collection[str] = ()
) -> dict[str, Cause | None]:
    """The causes of a window's metrics, read together: one change explains what it can.

    A model that is known to have changed, because the canary shows it in any metric, explains every metric of its
    answers that production alone shows; that the canary is still there is then no evidence of another cause. A metric
    ``of_inputs`` (the length of prompts) is what users send, so it is ``traffic`` whatever the model does. A metric in
    ``apart``, where the canary contradicts production, keeps its own cause.
    """
    model_changed = "model" in causes.values()
    found = dict(causes)
    for metric, cause in causes.items():
        if cause and metric in of_inputs:
            found[metric] = "traffic"
        elif model_changed and cause in ("traffic", "unresolved") and metric not in apart:
            found[metric] = "model"
    return found


def _drifted(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.verdict == "drifted"


def _answered(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.verdict in ("drifted", "stable")


def _same_way(one: Verdict | None, other: Verdict | None) -> bool:
    if one is None or other is None:
        return False
    return one.direction == other.direction or "changed" in (one.direction, other.direction)
