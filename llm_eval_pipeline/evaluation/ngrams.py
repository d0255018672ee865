"""How many n-grams two sequences share, for many pairs of sequences at once.

A sequence is a text whose characters are its symbols: a text's own characters, or one character for each word
(``symbols``). Not here: what a symbol is, and what the counts mean (``bleu``, ``chrf``, ``rouge``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray
_KEY_BITS = 64


def shared_ngrams(found: Sequence[str], expected: Sequence[str], longest: int) -> Array:
    """Common n-grams of each pair, each counted as often as the side that has fewer of it.

    Every place of a pair becomes one integer, its next ``longest`` symbols and its side, and these are sorted once:
    equal n-grams of every length are then neighbours, since an n-gram is the beginning of a longer one.

    Returns:
        An integer array (pairs × ``longest``); column n - 1 counts n-grams of n symbols.
    """
    pairs = len(found)
    texts = [text for pair in zip(found, expected, strict=True) for text in pair]
    codes = _codes("".join(texts))
    if not len(codes):
        return np.zeros((pairs, longest), dtype=np.int64)
    ranks, bits = _ranked(codes)
    if longest * bits + 1 > _KEY_BITS:
        if pairs == 1:
            return _one_by_one(_codes(found[0]), _codes(expected[0]), longest)
        half = pairs // 2
        parts = (slice(None, half), slice(half, None))
        return np.concatenate([shared_ngrams(found[part], expected[part], longest) for part in parts])
    sizes = np.fromiter(map(len, texts), np.int64, 2 * pairs)
    places = np.arange(len(codes)) + np.repeat(np.arange(2 * pairs) * longest, sizes)
    symbols = np.zeros(len(codes) + 2 * pairs * longest, dtype=np.uint64)
    symbols[places] = ranks
    keys = symbols.copy()
    for ahead in range(1, longest):
        keys <<= np.uint64(bits)
        keys[:-ahead] |= symbols[ahead:]
    keys = keys[places] << np.uint64(1)
    keys |= np.repeat(np.tile(np.array([0, 1], dtype=np.uint64), pairs), sizes)
    ends = np.cumsum(sizes[0::2] + sizes[1::2])
    start = 0
    for end in ends.tolist():
        keys[start:end].sort()
        start = end
    return _counted(keys, np.repeat(np.arange(pairs), sizes[0::2] + sizes[1::2]), pairs, longest, bits)


def _counted(keys: Array, pair: Array, pairs: int, longest: int, bits: int) -> Array:
    """The counts from sorted keys and the pair that each belongs to."""
    counts = np.zeros((pairs, longest), dtype=np.int64)
    theirs_before = np.zeros(len(keys) + 1, dtype=np.int32)
    np.cumsum(keys & np.uint64(1), out=theirs_before[1:], dtype=np.int32)
    is_first = np.append(True, pair[1:] != pair[:-1])
    apart = keys[1:] ^ keys[:-1]
    for order in range(1, longest + 1):
        behind = 1 + bits * (longest - order)
        is_new = is_first.copy()
        is_new[1:] |= apart >= np.uint64(1 << behind)
        starts = np.flatnonzero(is_new)
        ends = np.append(starts[1:], len(keys))
        theirs = theirs_before[ends] - theirs_before[starts]
        common = np.minimum(theirs, ends - starts - theirs)
        found = np.flatnonzero(common)
        at = starts[found]
        reaches = (keys[at] >> np.uint64(behind)) & np.uint64((1 << bits) - 1) > 0  # its text goes on for this length
        counts[:, order - 1] = np.bincount(pair[at], weights=common[found] * reaches, minlength=pairs)
    return counts


def _codes(text: str) -> Array:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _ranked(codes: Array) -> tuple[Array, int]:
    """Codes as ranks from 1 among those that occur (0 stays for where a text has ended), and the bits of the last."""
    occurs = np.zeros(int(codes.max()) + 1, dtype=np.bool_)
    occurs[codes] = True
    ranks = np.cumsum(occurs, dtype=np.uint64)
    return ranks[codes], int(ranks[-1]).bit_length()


def _one_by_one(found: Array, expected: Array, longest: int) -> Array:
    """The counts of one pair with more kinds of symbols than a key can hold: one sort for each length."""
    counts = np.zeros((1, longest), dtype=np.int64)
    grams, shared = np.unique(np.concatenate([found, expected]), return_inverse=True)
    kinds, first = len(grams), shared
    for order in range(1, min(longest, len(found), len(expected)) + 1):
        ours, theirs = shared[: len(found) - order + 1], shared[len(found) :]
        counts[0, order - 1] = np.minimum(
            np.bincount(ours, minlength=kinds), np.bincount(theirs, minlength=kinds)
        ).sum()
        # The next length: each n-gram's number and the symbol after it. Those across the seam are never counted.
        pairs, shared = np.unique(shared[:-1] * len(grams) + first[order:], return_inverse=True)
        kinds = len(pairs)
    return counts
