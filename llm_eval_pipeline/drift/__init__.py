"""Drift as an idea: distances, thresholds, verdicts, incidents, causes and pages, as pure functions over values.

No files, no clock and no orchestrator here, and nothing of the rest of the project.
"""

from llm_eval_pipeline.drift.assess import assess, assess_window
from llm_eval_pipeline.drift.attribution import attribute
from llm_eval_pipeline.drift.baseline import Baseline, baseline_from_dict, fit_baseline
from llm_eval_pipeline.drift.ks import ks_2samp
from llm_eval_pipeline.drift.paging import AttributedIncident, Page, pages
from llm_eval_pipeline.drift.streaks import Incident, incidents
from llm_eval_pipeline.drift.verdict import Verdict

__all__ = [
    "AttributedIncident",
    "Baseline",
    "Incident",
    "Page",
    "Verdict",
    "assess",
    "assess_window",
    "attribute",
    "baseline_from_dict",
    "fit_baseline",
    "incidents",
    "ks_2samp",
    "pages",
]
