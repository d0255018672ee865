"""What an example needs around it: documents, a model's endpoint, and where its spans go."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from examples.model_server import start_model_server
from llm_eval_pipeline.settings import Settings

MODEL = os.environ.get("EXAMPLE_MODEL", "gpt-4o-mini")
EMBEDDING_MODEL = os.environ.get("EXAMPLE_EMBEDDING_MODEL", "text-embedding-3-small")
QUESTIONS = ("How long is the warranty of a kettle?", "When do refunds reach my account?")
_RECEIVER = ("127.0.0.1", 4318)


def documents() -> dict[str, str]:
    """The shipped documents by title."""
    folder = Path(__file__).parent / "documents"
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}


def use_endpoint() -> None:
    """Let the openai client and the frameworks ask OPENAI_BASE_URL, or else a model server on this machine."""
    if not os.environ.get("OPENAI_BASE_URL"):
        os.environ["OPENAI_BASE_URL"] = start_model_server()
        os.environ["OPENAI_API_KEY"] = "no-key-is-needed-here"


def destination() -> dict[str, Any]:
    """Where the settings say; else to the receiver when it runs here; else into the pipeline's landing folder."""
    settings = Settings.load()
    if settings.tracing_otlp or settings.tracing_file != Path():
        return {}
    try:
        socket.create_connection(_RECEIVER, timeout=1).close()
    except OSError:
        return {"file": settings.landing}
    return {"otlp": True}
