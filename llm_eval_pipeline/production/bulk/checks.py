"""Texts of a column that hold what they must: identifiers, whole numbers. Each says which rows it could not prove."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

_HEX, _NUMBER = np.zeros(256, np.bool_), np.zeros(256, np.bool_)
_HEX[list(b"0123456789abcdefABCDEF")] = True
_NUMBER[list(b"0123456789-")] = True
_WHOLE = "^-?[0-9]{1,18}$"
_WHOLE_TIME = "^[0-8]?[0-9]{1,18}$"


def mask(found: pa.Array) -> Mask:
    """Booleans without nulls as numpy's."""
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def identifiers(found: pa.StringArray, digits: int) -> tuple[pa.StringArray, Mask]:
    """Lower-case ids, and which of them are ids: so many hexadecimal digits, not all zeros."""
    good = mask(pc.fill_null(pc.equal(pc.binary_length(found), digits), False))
    places = np.flatnonzero(good)
    sized = found if len(places) == len(found) else found.take(pa.array(places))
    letters = letters_of(sized).reshape(len(places), digits)
    good[places] = _HEX[letters].all(axis=1) & (letters != ord("0")).any(axis=1)
    return (pc.ascii_lower(found) if ((letters >= ord("A")) & (letters <= ord("F"))).any() else found), good


def whole_numbers(found: pa.Array, *, of_time: bool = False) -> tuple[pa.Int64Array, Mask]:
    """Whole numbers, written as such or as text, and which of those that are there are none."""
    nothing = np.zeros(len(found), np.bool_)
    if not pa.types.is_string(found.type):
        return found, nothing
    if _NUMBER[letters_of(found)].all():
        try:
            return found.cast(pa.int64()), nothing
        except pa.ArrowInvalid:
            pass
    good = pc.match_substring_regex(found, _WHOLE_TIME if of_time else _WHOLE)
    return pc.if_else(good, found, None).cast(pa.int64()), ~mask(pc.fill_null(good, True))


def letters_of(found: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The bytes of a column's texts, one behind the other."""
    if not len(found) or found.buffers()[2] is None:
        return np.zeros(0, np.uint8)
    starts = np.frombuffer(found.buffers()[1], np.int32)
    first, last = starts[found.offset], starts[found.offset + len(found)]
    return np.frombuffer(found.buffers()[2], np.uint8)[first:last]
