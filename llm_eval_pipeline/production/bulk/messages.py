"""Conversations as the GenAI conventions write them, one JSON text each: their question and their answer as columns.

What counts as a question and an answer is said in ``conventions/messages.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.bulk.checks import Mask, mask
from llm_eval_pipeline.production.bulk.shapes import json_table

_TEXT = pa.string()
_PART = pa.struct([("type", _TEXT), ("content", _TEXT), ("text", _TEXT), ("id", _TEXT), ("name", _TEXT)])
_MESSAGE = pa.struct(
    [("role", _TEXT), ("content", _TEXT), ("parts", pa.list_(_PART)), ("finish_reason", _TEXT), ("name", _TEXT)]
)
_SHAPE = pa.schema([("messages", pa.list_(_MESSAGE))])
_TEXTS = pa.array(["text", "input_text", "output_text"])
_ASKING = pa.array(["user", "human"])
_FEW = 16
"""So many texts are no longer taken apart to find the one that has another shape."""


@dataclass(frozen=True, slots=True)
class Conversations:
    """Of each text: what was asked in it, what was answered, whether it has any message, and whether it is odd."""

    question: pa.StringArray
    answer: pa.StringArray
    is_any: Mask
    odd: Mask


def conversations(texts: pa.StringArray) -> Conversations:
    """Read texts of messages; null and empty ones hold none."""
    there = pc.fill_null(pc.greater(pc.binary_length(texts), 0), False)
    places = np.flatnonzero(mask(there))
    question, answer = pa.nulls(len(texts), _TEXT), pa.nulls(len(texts), _TEXT)
    is_any, odd = np.zeros(len(texts), np.bool_), np.zeros(len(texts), np.bool_)
    if not len(places):
        return Conversations(question, answer, is_any, odd)
    given = texts.drop_null() if len(places) == len(texts) - texts.null_count else texts.take(pa.array(places))
    messages, odd_shapes = _parsed(given)
    found = _read(given, messages)
    odd[places] = odd_shapes | found.odd
    is_any[places] = found.is_any
    at = np.full(len(texts), -1, np.int64)
    at[places] = np.arange(len(places))
    back = pa.array(at, mask=at < 0)
    return Conversations(found.question.take(back), found.answer.take(back), is_any, odd)


def _parsed(texts: pa.StringArray) -> tuple[pa.ListArray, Mask]:
    """The messages of each text, and which texts have another shape; those have no messages here."""
    begins = pc.starts_with(texts, "[")
    if pc.all(begins).as_py() and (found := _json(texts)) is not None:
        return found, np.zeros(len(texts), np.bool_)
    if len(texts) <= _FEW:
        return pa.nulls(len(texts), _SHAPE.field(0).type), np.ones(len(texts), np.bool_)
    size = -(-len(texts) // 8)
    pieces = [_parsed(texts.slice(start, size)) for start in range(0, len(texts), size)]
    return pa.concat_arrays([found for found, _ in pieces]), np.concatenate([odd for _, odd in pieces])


def _json(texts: pa.StringArray) -> pa.ListArray | None:
    lines = pc.binary_join_element_wise('{"messages":', texts, "}\n", "")
    starts = np.frombuffer(lines.buffers()[1], np.int32)
    data = lines.buffers()[2].slice(starts[lines.offset], starts[lines.offset + len(lines)] - starts[lines.offset])
    table = json_table(data, _SHAPE, len(texts))
    return None if table is None else table.column(0).combine_chunks()


def _read(texts: pa.StringArray, given: pa.ListArray) -> Conversations:
    messages, owners = given.flatten(), pc.list_parent_indices(given).to_numpy()
    odd = np.zeros(len(texts), np.bool_)
    is_null = mask(messages.is_null())
    said, odd_parts = _texts(messages)
    odd[owners[is_null | odd_parts]] = True
    lacks_parts = np.zeros(len(texts), np.bool_)
    lacks_parts[owners[mask(messages.field("parts").is_null())]] = True
    if lacks_parts.any():  # a null is not the same as nothing: parts that are null hide the content
        odd |= lacks_parts & mask(pc.match_substring_regex(texts, r'"parts"|\\u00[67]'))
    role = messages.field("role")
    is_asking = mask(pc.is_in(role, _ASKING))
    has_role = np.zeros(len(texts), np.bool_)
    has_role[owners[mask(pc.fill_null(pc.not_equal(role, ""), False))]] = True
    asked = np.full(len(texts), -1, np.int64)
    everyone = np.arange(len(owners))
    for chosen in (~has_role[owners], is_asking):  # the last of the user stands, where there is one
        asked[owners[chosen]] = everyone[chosen]
    answered = np.full(len(texts), -1, np.int64)
    with_text = np.flatnonzero(mask(said.is_valid()))[::-1]
    answered[owners[with_text]] = with_text
    is_any = np.zeros(len(texts), np.bool_)
    is_any[owners] = True
    question, answer = (said.take(pa.array(at, mask=at < 0)) for at in (asked, answered))
    return Conversations(question, answer, is_any, odd)


def _texts(messages: pa.StructArray) -> tuple[pa.StringArray, Mask]:
    """The text of each message, null when it has none, and which messages are odd."""
    several = messages.field("parts")
    parts, of = several.flatten(), pc.list_parent_indices(several).to_numpy()
    kind, content, text = (parts.field(name) for name in ("type", "content", "text"))
    odd = np.zeros(len(messages), np.bool_)
    odd[of[mask(kind.is_null()) | mask(pc.and_(content.is_null(), text.is_valid()))]] = True
    is_text = mask(pc.is_in(kind, _TEXTS)) & mask(pc.fill_null(pc.not_equal(content, ""), False))
    owners = of[is_text]
    texts = content if is_text.all() else content.filter(pa.array(is_text))
    if len(owners) == len(messages) and (owners == np.arange(len(messages))).all():
        said = texts  # each message has one text, as nearly all have
    else:
        ends = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(messages)))]).astype(np.int32)
        said = pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), texts), "\n")
    if several.null_count:
        said = pc.if_else(several.is_valid(), said, messages.field("content"))
    is_empty = pc.fill_null(pc.equal(said, ""), False)
    return (pc.if_else(is_empty, None, said) if pc.any(is_empty).as_py() else said), odd
