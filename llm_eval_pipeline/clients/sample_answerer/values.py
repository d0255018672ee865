"""Finding one field's value in a passage: by its pattern, by what its key names, or by the words around it."""

from __future__ import annotations

import re
from typing import Any

from llm_eval_pipeline.clients.sample_answerer.fields import Field

_THING = (
    r"[Hh]ub (?:Mini|One|Pro)|Larkspur (?:Dial|Cell|Charge)|leak sensor|smart plug|water valve|car charger|"
    r"home battery|current clamp|thermostat|gift card"
)
_NAMED = (  # what the key says, and what such a value looks like
    (r"mail", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    (r"phone", r"\+?\d[\d ()-]{6,}\d"),
    (r"date|day$|deadline|due", r"\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]+ \d{4}"),
    (r"time|start|end", r"\d{1,2}:\d\d"),
    (r"error|code", r"\bE\d\d\b"),
    (r"firmware|version", r"\b\d+\.\d+(?:\.\d+)?\b(?! (?:kWh|dollars|watts|percent))"),
    (r"number|id$|reference|order", r"\b[A-Z]{1,4}-?\d{3,}\b|(?<=#)\d+"),
    (r"product|device|item|model", _THING),
    (r"name|customer|person|contact", r"(?<=[Mm]y name is )[A-Z]\w+(?: [A-Z]\w+)*|(?<=I am )[A-Z]\w+ [A-Z]\w+"),
)
_COUNTED = (  # what the key says, and what stands before or after such a number; earlier patterns go first
    (
        r"total|amount|usd|cost|price|refund|paid",
        (r"(?:total|amount|charged|makes|for|cost)\D{0,24}?(-?[\d.,]*\d) dollars", r"(-?[\d.,]*\d) dollars"),
    ),
    (
        r"import",
        (
            r"[Ii]mport\w*\D{0,12}?([\d.]*\d)(?= kWh|,)",
            r"([\d.]*\d) kWh (?:of import|from the grid)",
            r"drew ([\d.]*\d) kWh",
        ),
    ),
    (
        r"export",
        (
            r"([\d.]*\d) kWh of (?:export|solar)",
            r"[Ee]xport\D{0,12}?([\d.]*\d) kWh",
            r"[Ee]xport in \S+ was ([\d.]*\d)",
        ),
    ),
    (r"days", (r"(\d+) days? (?:ago|after|later)", r"(\d+) days?")),
    (r"quantity|count|units", (r"(\d+) x ", r"(\d+) (?=[a-z]+ [a-z]+ units?)", r"(\d+) (?=Hub|Larkspur|leak|smart)")),
    (r"percent|share", (r"([\d.]*\d) ?(?:%|percent)",)),
    (r"minutes", (r"(\d+) minutes?",)),
)
_SPEAKS_OF = {
    "damaged": r"damag|crack|dent|broken|crush|scratch|dropped|shatter|bent",
    "faulty": r"no longer (?:switch|work|start)|does not|doesn't|switches off|dead|stops?\b|fault|defect|fails|freez",
    "wrong_item": r"but (?:order|the box|I got|it|the parcel)|instead of|wrong|another colour|different",
    "unwanted": r"not need|no longer (?:need|want)|changed my mind|decided to keep|too (?:many|big)|second thoughts",
}
_DENIES = re.compile(r"\b(?:no|not|never|without|isn't|hasn't|haven't|didn't)\b", re.I)


def value_of(field: Field, passage: str) -> Any:
    """The value of a field in the type that the field has; None where nothing fits."""
    if field.options:
        return _option(field, passage)
    if field.type == "boolean":
        return _affirmed(field.key, passage)
    if field.type in ("integer", "number"):
        return _number(field, passage)
    if field.type == "array":
        return list(dict.fromkeys(re.findall(_THING, passage))) or None
    return _text(field, passage)


def _option(field: Field, passage: str) -> str | None:
    """The option that stands last in the passage, else the one that the passage's words speak of."""
    places = {o: passage.lower().rfind(o.replace("_", " ").lower()) for o in field.options}
    best = max(field.options, key=lambda option: places[option])
    if places[best] >= 0:
        return best
    spoken = (o for o in field.options if re.search(_SPEAKS_OF.get(o, r"(?!)"), passage))
    return next(spoken, field.options[-1])


def _affirmed(key: str, passage: str) -> bool:
    """Whether the sentence that speaks of the key affirms it; what nobody speaks of is not so."""
    root = key.lower().split("_")[-1][:7]
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", passage) if root in s.lower()]
    return bool(sentences) and not any(_denied(root, sentence) for sentence in sentences)


def _denied(root: str, sentence: str) -> bool:
    """Whether a denial stands shortly before the word."""
    place = sentence.lower().find(root)
    return bool(_DENIES.search(sentence[max(0, place - 24) : place]))


def _number(field: Field, passage: str) -> int | float | None:
    for named, patterns in _COUNTED:
        if not re.search(named, field.key):
            continue
        found = next((numbers for pattern in patterns if (numbers := re.findall(pattern, passage))), None)
        if found is not None:
            return _read(found[-1 if "total" in field.key else 0])
    return None


def _read(text: str) -> int | float | None:
    """The number that a text such as ``3,400`` or ``5.2`` writes; None for what only looks like one."""
    plain = text.replace(",", "")
    if not re.fullmatch(r"-?\d*\.?\d+", plain):
        return None
    value = float(plain)
    return int(value) if value.is_integer() else value


def _text(field: Field, passage: str) -> str | None:
    patterns = [field.pattern.removeprefix("^").removesuffix("$")] if field.pattern else []
    patterns += [pattern for named, pattern in _NAMED if re.search(named, field.key.lower())][:1]
    for pattern in patterns:
        found = [match.group() for match in re.finditer(pattern, passage)]
        if found:
            return found[1] if re.search(r"^(?:end|until|to)\b", field.key) and len(found) > 1 else found[0]
    return None
