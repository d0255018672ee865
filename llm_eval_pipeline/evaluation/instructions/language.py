"""The instruction to answer in one language, and the detection that the letter-case instructions share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments


def response_language(output: str, given: Arguments) -> bool:
    """The whole output is in the language (ISO 639-1, or ``zh-cn`` and ``zh-tw``)."""
    return is_in_language(output, given.text("language"))


def is_in_language(text: str, language: str) -> bool:
    """Whether ``text`` reads as the language; a text without letters is in no language, and so breaks none."""
    found = _detected(text)
    return found is None or found == language.strip().lower()


@lru_cache(maxsize=1024)
def _detected(text: str) -> str | None:
    from langdetect import LangDetectException

    detector = _detectors().create()
    detector.append(text)
    try:
        return str(detector.detect())
    except LangDetectException:
        return None


@lru_cache(maxsize=1)
def _detectors() -> Any:
    """A factory of its own: langdetect draws at random unless seeded, and its shared seed belongs to every caller."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.seed = 0
    factory.load_profile(PROFILES_DIRECTORY)
    return factory
