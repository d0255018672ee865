"""Where one protobuf request ends and the next begins.

Lengths are varints (protobuf's own delimited form) or four bytes, most significant first (the collector's file
exporter). A file that is one request is taken apart into its ``ResourceSpans``, so that a cut costs only the last one.
"""

from __future__ import annotations

from collections.abc import Iterator

_RESOURCE_SPANS = 0x0A  # the tag of a request's only field: number 1, with a length


def frames(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each whole request in the data; a request's own field is a request with one resource."""
    position, single, fixed = 0, data[:1] == bytes([_RESOURCE_SPANS]), data[:1] == b"\0"
    while position < len(data):
        start = position
        if single and data[start] != _RESOURCE_SPANS:
            return
        if fixed:
            length, body = int.from_bytes(data[start : start + 4]), start + 4
        else:
            length, body = _varint(data, start + single)
        position = body + length
        if position > len(data):
            return
        yield (start if single else body), position


def delimited(request: bytes) -> bytes:
    """A request behind its length, so that ``frames`` finds it in whatever file it stands.

    The varint has at least two bytes: as one byte, 10 would say that the file is a single request, and 0 that lengths
    have four bytes.
    """
    length, prefix = len(request), bytearray()
    while length > 0x7F or not prefix:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + request


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A number and where it ends; a cut or endless one is longer than any file."""
    number = 0
    for place in range(10):
        if position + place >= len(data):
            break
        byte = data[position + place]
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, position + place + 1
    return len(data) + 1, position
