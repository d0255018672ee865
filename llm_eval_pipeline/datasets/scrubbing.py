"""Personal data out of production text, before it becomes an example that people share.

What patterns cannot see, such as a name in passing, stays; that is why text with any finding waits for a person's
review. Not here: what personal data is, and how it is found (``privacy/``).
"""

from __future__ import annotations

from dataclasses import dataclass

from llm_eval_pipeline.privacy.personal_data import find_personal_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    """Text without personal data, and the kinds that were found, sorted."""

    text: str
    found: tuple[str, ...]


def scrub(text: str) -> Scrubbed:
    """Replace each piece of personal data by its kind in angle brackets, such as ``<EMAIL_ADDRESS>``."""
    findings = find_personal_data(text)
    for found in reversed(findings):
        text = f"{text[: found.start]}<{found.kind}>{text[found.end :]}"
    return Scrubbed(text=text, found=tuple(sorted({found.kind for found in findings})))
