"""Features of output with a shape: a label out of several, or the fields of a JSON object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz

from llm_eval_pipeline.evaluation.local_judge.asked import read_json, required_fields
from llm_eval_pipeline.evaluation.local_judge.evidence import Evidence
from llm_eval_pipeline.evaluation.local_judge.terms import share, terms

NEARLY_ALL = 0.95
DEEPEST = 50
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_AMOUNT = re.compile(r"(?<![\w.,:/-])\d+(?:[.,]\d+)*(?![\d:/-])")
_LEFT_OVER = frozenset({"other", "others", "none", "general", "misc", "miscellaneous", "unknown", "neutral", "normal"})
_NONE = frozenset[str]()
_BARE = re.compile(r"[\s'\"`*.]+")


def label_features(evidence: Evidence, label_words: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """The features of a chosen label; ``right`` without a reference is how well the label suits the prompt."""
    plain = _plain(evidence.output)
    named = [label for label in evidence.labels if re.search(rf"\b{re.escape(label)}\b", plain)]
    chosen = plain if plain in evidence.labels else named[0] if len(named) == 1 else None
    features = {"bare": float(plain in evidence.labels), "valid": float(chosen is not None)}
    if evidence.case.reference:
        right = float(chosen == _plain(evidence.case.reference))
    else:
        right = _suits(chosen, evidence, label_words) if chosen else 0.0
    return features | {"right": right, "flawless": right * features["bare"]}


def field_features(evidence: Evidence) -> dict[str, float]:
    """The features of a JSON object, held against the expected one or else against the prompt."""
    produced = read_json(evidence.output)
    clean = produced is not None
    if produced is None and (found := _OBJECT.search(evidence.output)):
        produced = read_json(found[0])
    values = _leaves(produced)
    features = {
        "readable": float(produced is not None),
        "clean": float(clean and not evidence.output.startswith("```")),
    }
    if evidence.expected is not None:
        wanted = _leaves(evidence.expected)
        return features | {
            "fields": (agreement := _agreement(wanted, values)),
            "all_fields": float(agreement > NEARLY_ALL),
            "flawless": float(agreement > NEARLY_ALL) * features["clean"],
            "nothing_added": share(frozenset(values), frozenset(wanted)) if values else 0.0,
        }
    required = required_fields(evidence.expected_format)
    present = frozenset(path.partition(".")[0] for path in values)
    filled = [value for value in values.values() if value not in (None, "", [], {})]
    return features | {
        "fields": share(frozenset(required), present, if_empty=float(bool(values))) * bool(values),
        "found": (found_share := _mean([_stands_in(value, evidence) for value in filled])),
        "all_found": float(found_share == 1.0),
        "flawless": float(found_share == 1.0) * features["clean"],
        "filled": len(filled) / len(values) if values else 0.0,
    }


def _suits(label: str, evidence: Evidence, label_words: Mapping[str, frozenset[str]]) -> float:
    """How well a label suits the message at the prompt's end: whether no other label has more words in it."""
    message = terms(evidence.message).words
    counts = {name: len(message & (terms(name).words | label_words.get(name, _NONE))) for name in evidence.labels}
    best = max(counts.values())
    if best == 0:
        return 0.8 if label in _LEFT_OVER else 0.6
    return 1.0 if counts[label] == best else 0.5 if counts[label] == best - 1 else 0.0


def _agreement(wanted: dict[str, Any], values: dict[str, Any]) -> float:
    """The mean agreement over the wanted fields; a text that is nearly the same counts in part."""
    if not wanted:
        return float(not values)
    return sum(_same(value, values[path]) for path, value in wanted.items() if path in values) / len(wanted)


def _same(expected: Any, produced: Any) -> float:
    if isinstance(expected, str) and isinstance(produced, str):
        if terms(expected).numbers != terms(produced).numbers:
            return 0.0
        likeness = fuzz.ratio(expected.strip().lower(), produced.strip().lower()) / 100
        return likeness if likeness >= 0.8 else 0.0
    if isinstance(expected, bool) or isinstance(produced, bool) or expected is None or produced is None:
        return float(expected is produced)
    if isinstance(expected, str) or isinstance(produced, str):
        return 0.5 * (str(expected).strip().lower() == str(produced).strip().lower())
    return float(expected == produced)


def _stands_in(value: Any, evidence: Evidence) -> float:
    """Whether a value stands in what there is to extract from; a flag stands nowhere and is taken as it is."""
    if isinstance(value, bool) or value is None:
        return 1.0
    if isinstance(value, int | float):
        return float(bool(terms(f"{value:g}").numbers & _amounts(evidence.message)))
    return share(terms(str(value)).all, terms(evidence.case.prompt).all | terms(evidence.case.context).all)


@lru_cache(maxsize=1024)
def _amounts(text: str) -> frozenset[str]:
    """The numbers that stand alone in a text, and are no part of a date or of an order number."""
    found = terms(" ".join(_AMOUNT.findall(text))).numbers
    return found | frozenset(number for number in terms(text).numbers if number not in text)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _leaves(content: Any, path: str = "") -> dict[str, Any]:
    """The values of nested JSON by their path; what is nested deeper than 50 levels is taken as one value."""
    if path.count(".") >= DEEPEST:
        return {path: content}
    if isinstance(content, dict) and content:
        found: dict[str, Any] = {}
        for name, value in content.items():
            found |= _leaves(value, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(content, list) and content:
        found = {}
        for place, value in enumerate(content):
            found |= _leaves(value, f"{path}.{place}")
        return found
    return {path: content} if path else {}


def _plain(text: str) -> str:
    return _BARE.sub(" ", text.lower()).strip()
