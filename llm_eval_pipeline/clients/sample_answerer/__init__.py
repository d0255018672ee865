"""The sample's model under test: a small extractive answerer over shipped documents, with real mistakes.

It looks sentences up, summarises, labels and extracts with plain rules. What it gets wrong, and from which day on, is
the data of ``data/answerer/releases.yaml``. Nothing here is random: the same question on the same day has one answer.
"""

from llm_eval_pipeline.clients.sample_answerer.answers import SampleAnswer
from llm_eval_pipeline.clients.sample_answerer.client import SampleAnswerer

__all__ = ["SampleAnswer", "SampleAnswerer"]
