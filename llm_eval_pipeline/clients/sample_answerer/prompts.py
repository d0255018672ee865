"""What kind of task a prompt is: told from its words, as a model would have to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["question", "summary", "extraction", "classification"]

_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|summary|sum up|tl;?dr|in short|key points?|condense|shorten|boil down)\b", re.I
)
_EXTRACTION = re.compile(r"\bjson\b", re.I)
_CLASSIFICATION = re.compile(
    r"\b(?:classify|categori[sz]e|label|which (?:category|label|team|queue|topic|of these)|route|triage|sort|assign"
    r"|sentiment|pick (?:one|the)|choose (?:one|the))\b",
    re.I,
)
_LABEL = re.compile(
    r"\b(?:message|text|passage|article|notes?|email|e-mail|ticket|document|review|input|report|transcript|comment|"
    r"request|record|invoice|below|following)\b[^\n:.]{0,24}:\s*",
    re.I,
)
_QUOTED = re.compile(r"<<<(.+)>>>|```(.+)```|\"\"\"(.+)\"\"\"", re.S)
_SHORTEST_MATERIAL = 20
_SCHEMA = re.compile(r"(?:[\w ]{0,20}:\s*)?\{")


@dataclass(frozen=True, slots=True)
class Task:
    """A prompt's kind, what it says to do, and the text it says to do it with (empty for a question)."""

    kind: Kind
    instruction: str
    material: str


def recognise(prompt: str) -> Task:
    """Take a prompt apart."""
    instruction, material = _apart(prompt)
    if material and _EXTRACTION.search(instruction):
        return Task("extraction", instruction, material)
    if material and _CLASSIFICATION.search(instruction):
        return Task("classification", instruction, material)
    if material and _SUMMARY.search(instruction):
        return Task("summary", instruction, material)
    return Task("question", prompt, "")


def _apart(prompt: str) -> tuple[str, str]:
    """Instruction and material: what quotes, a blank line, or a label such as ``Message:`` sets off is the material."""
    quoted = _QUOTED.search(prompt)
    if quoted:
        text = next(group for group in quoted.groups() if group)
        return f"{prompt[: quoted.start()]} {prompt[quoted.end() :]}".strip(), text.strip()
    parts = re.split(r"\n\s*\n", prompt.strip())
    if len(parts) > 1:
        return _sorted_apart(parts)
    found = [match for match in _LABEL.finditer(prompt) if match.end() < len(prompt)]
    if not found:
        return prompt, ""
    split = found[-1] if len(prompt) - found[-1].end() >= _SHORTEST_MATERIAL else found[0]
    return prompt[: split.start()].strip(), prompt[split.end() :].strip()


def _sorted_apart(parts: list[str]) -> tuple[str, str]:
    """Paragraphs into instruction and material: the first or else the last instructs, and a schema belongs to it."""
    leading = _instructs(parts[0]) or not _instructs(parts[-1])
    instructing = [0 if leading else len(parts) - 1]
    instructing += [i for i, part in enumerate(parts) if _SCHEMA.match(part) and i not in instructing]
    material = [part for i, part in enumerate(parts) if i not in instructing]
    if not material:
        return "\n".join(parts), ""
    label = _LABEL.match(material[0])
    first = material[0][label.end() :] if label and label.end() < len(material[0]) else material[0]
    return "\n".join(parts[i] for i in sorted(instructing)), "\n\n".join([first, *material[1:]])


def _instructs(part: str) -> bool:
    return bool(_SUMMARY.search(part) or _EXTRACTION.search(part) or _CLASSIFICATION.search(part))
