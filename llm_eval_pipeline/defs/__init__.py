"""How it runs: the only package that imports Dagster. Assets read, call one function of a domain package, and write.

Belongs here: assets, checks, jobs, schedules, sensors, partitions and resources. Does not belong here: statistics, SQL,
HTTP, or anything that a test would want without Dagster.
"""

import warnings

import dagster as dg

warnings.filterwarnings("ignore", category=dg.BetaWarning)  # backfill policies; and owners, which Dagster sets itself
