"""The module that Dagster loads: everything under ``defs/``."""

from pathlib import Path

import dagster as dg

import llm_eval_pipeline.defs  # noqa: F401  # Dagster drops the filters of warnings that are set while it loads


@dg.definitions
def defs() -> dg.Definitions:
    """Assets, checks, jobs, schedules, sensors and resources."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
