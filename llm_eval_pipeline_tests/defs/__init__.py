"""The pipeline as Dagster runs it."""
