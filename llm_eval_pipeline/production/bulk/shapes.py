"""The shapes in which OTLP/JSON usually comes, and Arrow's parse of lines that have one of them.

Arrow refuses fields that are not listed, a field that stands twice, and a number where a text was (or the other way
round), so what it has parsed is known to be as it says here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

_TEXT, _WHOLE, _REAL, _FLAG = pa.string(), pa.int64(), pa.float64(), pa.bool_()


def _list(**fields: pa.DataType) -> pa.DataType:
    return pa.list_(pa.struct(list(fields.items())))


def _request(value: pa.DataType, times: pa.DataType) -> pa.Schema:
    attributes = _list(key=_TEXT, value=value)
    told = {"attributes": attributes, "droppedAttributesCount": _WHOLE}
    spans = _list(
        traceId=_TEXT,
        spanId=_TEXT,
        traceState=_TEXT,
        parentSpanId=_TEXT,
        flags=_WHOLE,
        name=_TEXT,
        kind=_WHOLE,
        startTimeUnixNano=times,
        endTimeUnixNano=times,
        events=_list(timeUnixNano=times, name=_TEXT, **told),
        droppedEventsCount=_WHOLE,
        links=_list(traceId=_TEXT, spanId=_TEXT, traceState=_TEXT, flags=_WHOLE, **told),
        droppedLinksCount=_WHOLE,
        status=pa.struct([("code", _WHOLE), ("message", _TEXT)]),
        **told,
    )
    scope = pa.struct([("name", _TEXT), ("version", _TEXT), *told.items()])
    scopes = _list(scope=scope, spans=spans, schemaUrl=_TEXT)
    return pa.schema(
        [("resourceSpans", _list(resource=pa.struct(list(told.items())), scopeSpans=scopes, schemaUrl=_TEXT))]
    )


def _value(whole: pa.DataType, *, is_narrow: bool = False) -> pa.DataType:
    """An ``AnyValue``; a field that no attribute has costs as much as one that all have, so there is a narrow one."""
    scalars = [("stringValue", _TEXT), ("intValue", whole), ("doubleValue", _REAL), ("boolValue", _FLAG)]
    if is_narrow:
        return pa.struct([*scalars, ("arrayValue", pa.struct([("values", _list(stringValue=_TEXT))]))])
    scalars.append(("bytesValue", _TEXT))
    members = pa.struct([("values", pa.list_(pa.struct(scalars)))])
    pairs = pa.struct([("values", _list(key=_TEXT, value=pa.struct(scalars)))])
    return pa.struct([*scalars, ("arrayValue", members), ("kvlistValue", pairs)])


SHAPES: tuple[pa.Schema, ...] = (
    _request(_value(_TEXT, is_narrow=True), _TEXT),
    _request(_value(_TEXT), _TEXT),
    _request(_value(_WHOLE), _TEXT),
    _request(_value(_WHOLE), _WHOLE),
)
"""64-bit numbers are texts in the specification; some exporters write numbers."""


def parsed(lines: Sequence[bytes], shape: pa.Schema) -> pa.ListArray | None:
    """The ``resourceSpans`` of each line, or None when not every line is one request of this shape."""
    if not all(line.startswith(b"{") and line.endswith(b"}") for line in lines):
        return None
    data = pa.py_buffer(b"\n".join(lines))
    table = json_table(data, shape, len(lines))
    if table is None or not _is_text(data):
        return None
    found = table.column(0).combine_chunks()
    return found if _is_finite(found) else None


def json_table(data: pa.Buffer, shape: pa.Schema, rows: int) -> pa.Table | None:
    """JSON objects, one behind the other, or None when they are not so many or not all of this shape."""
    read = pj.ReadOptions(use_threads=False, block_size=data.size + 1)
    parse = pj.ParseOptions(explicit_schema=shape, unexpected_field_behavior="error")
    try:
        table = pj.read_json(pa.BufferReader(data), read_options=read, parse_options=parse)
    except pa.ArrowInvalid:
        return None
    return table if len(table) == rows and table.schema.equals(shape) else None


def _is_text(data: pa.Buffer) -> bool:
    whole = pa.Array.from_buffers(pa.large_string(), 1, [None, pa.py_buffer(np.array([0, data.size])), data])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _is_finite(found: pa.Array) -> bool:
    """Whether no number at any depth is NaN or infinite, which Arrow reads and JSON has not."""
    if pa.types.is_floating(found.type):
        return bool(np.isfinite(found.drop_null().to_numpy()).all())
    if pa.types.is_list(found.type):
        return _is_finite(found.values)
    if pa.types.is_struct(found.type):
        return all(_is_finite(found.field(place)) for place in range(found.type.num_fields))
    return True
