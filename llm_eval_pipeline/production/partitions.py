"""Names of partitions: a landed file's, which may hold slashes and be of any length."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

_LONGEST = 120


def file_partition(name: str) -> str:
    """The partition of a file below the landing folder: its name with slashes escaped, shortened if need be."""
    escaped = quote(name, safe="")
    if len(escaped) <= _LONGEST:
        return escaped
    return f"{escaped[: _LONGEST - 17]}-{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:16]}"
