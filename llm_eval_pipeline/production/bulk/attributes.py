"""The attributes of many spans, looked up by name as ``conventions/values.py`` looks up those of one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.bulk.checks import Mask, mask, whole_numbers

_LARGEST = 10**9
Places = npt.NDArray[np.int64]


class Attributes:
    """Attributes of spans that lie one after the other.

    ``odd`` says which spans have something that is not as it usually is; every look-up adds to it.
    """

    def __init__(self, found: pa.ListArray, odd: Mask) -> None:
        self.odd = odd
        self.spans = len(found)
        pairs, self._owners = found.flatten(), pc.list_parent_indices(found).to_numpy()
        keys, self._values = pairs.field("key"), pairs.field("value")
        self._fields = {field.name: self._values.field(field.name) for field in self._values.type}
        self._whole, is_none = whole_numbers(self._fields["intValue"])
        self._refuse(is_none | mask(pairs.is_null()) | mask(keys.is_null()) | ~self._is_one_value())
        self._refuse_odd_members()
        if "kvlistValue" in self._fields:
            self._refuse(mask(self._fields["kvlistValue"].is_valid()))
        encoded = pc.fill_null(keys, "").dictionary_encode()
        self.names: list[str] = encoded.dictionary.to_pylist()
        self._codes = {name: code for code, name in enumerate(self.names)}
        codes = encoded.indices.to_numpy()
        narrow = codes.astype(np.uint16) if len(self.names) < 2**16 else codes
        self._order = np.argsort(narrow, kind="stable")
        self._ends = np.cumsum(np.bincount(codes, minlength=len(self.names)))

    def having(self, names: Iterable[str]) -> Mask:
        """Which spans have any attribute of these names, whatever its value is."""
        found = np.zeros(self.spans, np.bool_)
        for name in names:
            found[self._owners[self._places(name)]] = True
        return found

    def text(self, *names: str) -> pa.StringArray:
        """The first attribute that is there and not empty; numbers with a fraction and booleans are odd."""
        return _first([self._text(at) for at in self._each(names)], self.spans, pa.string())

    def only_text(self, name: str) -> pa.StringArray:
        """An attribute that is a text; anything else is odd."""
        for at in self._each((name,)):
            found = self._fields["stringValue"].take(at)
            self.odd |= mask(pc.and_(at.is_valid(), found.is_null()))
            return found
        return pa.nulls(self.spans, pa.string())

    def count(self, *names: str) -> pa.Int64Array:
        """The first attribute that is there, a whole number from 0 to a thousand million; anything else is odd."""
        return _first([self._count(at) for at in self._each(names)], self.spans, pa.int64())

    def number(self, name: str) -> pa.DoubleArray:
        """An attribute as a number."""
        for at in self._each((name,)):
            found = pc.coalesce(
                self._fields["doubleValue"].take(at), self._whole.take(at).cast(pa.float64(), safe=False)
            )
            self.odd |= mask(pc.and_(at.is_valid(), found.is_null()))
            return found
        return pa.nulls(self.spans, pa.float64())

    def joined(self, name: str) -> pa.StringArray:
        """An attribute that is a list of texts, with commas between them, or one text; empty is null."""
        for at in self._each((name,)):
            several = self._fields["arrayValue"].field("values").take(at)
            members = several.values.field("stringValue")
            joined = pc.binary_join(pa.ListArray.from_arrays(several.offsets, members), ",")
            joined = pc.if_else(self._fields["arrayValue"].take(at).is_valid(), joined, None)
            one = self._fields["stringValue"].take(at)
            found = pc.coalesce(joined, one)
            is_json = pc.fill_null(pc.match_substring_regex(one, r"^[\[{]"), False)
            self.odd |= mask(pc.or_(is_json, pc.and_(at.is_valid(), found.is_null())))
            return _without_empty(found)
        return pa.nulls(self.spans, pa.string())

    def _text(self, at: pa.Int64Array) -> pa.StringArray:
        found = pc.coalesce(self._fields["stringValue"].take(at), self._whole.take(at).cast(pa.string()))
        self.odd |= mask(pc.and_(at.is_valid(), found.is_null()))
        return _without_empty(found)

    def _count(self, at: pa.Int64Array) -> pa.Int64Array:
        found = self._whole.take(at)
        in_range = pc.and_(pc.greater_equal(found, 0), pc.less_equal(found, _LARGEST))
        self.odd |= mask(pc.and_(at.is_valid(), pc.invert(pc.fill_null(in_range, False))))
        return found

    def _each(self, names: Iterable[str]) -> Iterable[pa.Int64Array]:
        """For each name that any span has: where each span has it. A span that has it twice is odd."""
        for name in names:
            places = self._places(name)
            if not len(places):
                continue
            owners = self._owners[places]
            self.odd[owners[1:][owners[1:] == owners[:-1]]] = True
            at = np.full(self.spans, -1, np.int64)
            at[owners] = places
            yield pa.array(at, mask=at < 0)

    def _places(self, name: str) -> Places:
        code = self._codes.get(name)
        if code is None:
            return np.zeros(0, np.int64)
        return self._order[(self._ends[code - 1] if code else 0) : self._ends[code]]

    def _refuse(self, pairs: Mask) -> None:
        self.odd[self._owners[pairs]] = True

    def _is_one_value(self) -> Mask:
        """Which attributes have one value."""
        return _members(self._fields.values(), len(self._values)) == 1

    def _refuse_odd_members(self) -> None:
        several = self._fields["arrayValue"].field("values")
        members, of = several.flatten(), pc.list_parent_indices(several).to_numpy()
        kinds = [members.field(place) for place in range(members.type.num_fields)]
        odd = _members(kinds, len(members)) != 1
        if members.type.get_field_index("intValue") >= 0:
            odd |= whole_numbers(members.field("intValue"))[1]
        self.odd[self._owners[of[odd]]] = True


def _members(fields: Iterable[pa.Array], length: int) -> npt.NDArray[np.uint8]:
    """How many of the fields each one has."""
    count = np.zeros(length, np.uint8)
    for field in fields:
        if field.null_count < length:
            count += mask(field.is_valid())
    return count


def _first(found: list[pa.Array], length: int, kind: pa.DataType) -> pa.Array:
    if not found:
        return pa.nulls(length, kind)
    return pc.coalesce(*found) if len(found) > 1 else found[0]


def _without_empty(found: pa.StringArray) -> pa.StringArray:
    is_empty = pc.equal(found, "")
    return pc.if_else(is_empty, None, found) if pc.any(is_empty).as_py() else found
