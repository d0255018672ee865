"""Exports of LangSmith: its runs, as JSON and as Parquet."""
