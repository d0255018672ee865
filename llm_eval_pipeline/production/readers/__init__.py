"""Where spans are read from: one file per kind of source, each behind the seam in ``seam.py``.

A reader knows how a file spells spans and nothing about what they mean (``conventions/``) or where they go
(``landing.py``).
"""

from llm_eval_pipeline.production.readers.langfuse import LangfuseJsonReader, LangfuseParquetReader
from llm_eval_pipeline.production.readers.langsmith import LangSmithJsonReader, LangSmithParquetReader
from llm_eval_pipeline.production.readers.mlflow_json import MlflowJsonReader
from llm_eval_pipeline.production.readers.otlp_json import OtlpJsonReader
from llm_eval_pipeline.production.readers.otlp_protobuf import OtlpProtobufReader
from llm_eval_pipeline.production.readers.seam import Reader, Record, Versioned
from llm_eval_pipeline.production.readers.weave_json import WeaveJsonReader

__all__ = [
    "LangSmithJsonReader",
    "LangSmithParquetReader",
    "LangfuseJsonReader",
    "LangfuseParquetReader",
    "MlflowJsonReader",
    "OtlpJsonReader",
    "OtlpProtobufReader",
    "Reader",
    "Record",
    "Versioned",
    "WeaveJsonReader",
]
