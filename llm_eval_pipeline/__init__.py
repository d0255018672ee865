"""Continuous evaluation and monitoring of LLM applications, run by Dagster."""
