"""Where spans are read from, each source behind the seam in ``seam.py``.

``langfuse/``, ``langsmith/``, ``weave/`` and ``columns/`` are sources that take several files, each with its reader in
``reader.py``; MLflow (``mlflow_json.py``) and OTLP (``otlp_*.py``) have theirs here. What they share lies beside them:
packed files and lines (``unpacking.py``, ``lines.py``), JSON (``json_*.py``), Parquet (``parquet_*.py``).

A reader knows how a file spells spans and nothing about what they mean (``conventions/``) or where they go
(``landing.py``).
"""

from llm_eval_pipeline.production.readers.langfuse.reader import LangfuseJsonReader, LangfuseParquetReader
from llm_eval_pipeline.production.readers.langsmith.reader import LangSmithJsonReader, LangSmithParquetReader
from llm_eval_pipeline.production.readers.mlflow_json import MlflowJsonReader
from llm_eval_pipeline.production.readers.otlp_json import OtlpJsonReader
from llm_eval_pipeline.production.readers.otlp_protobuf import OtlpProtobufReader
from llm_eval_pipeline.production.readers.seam import Reader, Record, Versioned
from llm_eval_pipeline.production.readers.weave.reader import WeaveJsonReader

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
