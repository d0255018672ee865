"""Keys of two weeks matched: each once, in the order of the key, and where it stands in either."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.evaluation.matching import at, matched

SCHEMA = pa.schema([("example_id", pa.string()), ("model", pa.string()), ("repetition", pa.int32())])


def keys(*rows: tuple[str, str, int]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


def test_every_key_stands_once_and_in_order() -> None:
    before = keys(("a", "m", 0), ("a", "n", 1), ("c", "m", 0))
    after = keys(("a", "m", 1), ("a", "n", 1), ("b", "z", 0), ("c", "m", 0))
    found = matched(before, after)
    assert [tuple(row.values()) for row in found.keys.to_pylist()] == [
        ("a", "m", 0),
        ("a", "m", 1),
        ("a", "n", 1),
        ("b", "z", 0),
        ("c", "m", 0),
    ]
    assert found.before.tolist() == [0, -1, 1, -1, 2]
    assert found.after.tolist() == [-1, 0, 1, 2, 3]


def test_it_is_arrows_full_join_for_any_keys() -> None:
    random = np.random.default_rng(5)
    sides = []
    for _ in range(2):
        drawn = {
            (f"e{random.integers(40)}", random.choice(["m", "n", "o"]), int(random.integers(3))) for _ in range(150)
        }
        sides.append(keys(*sorted(drawn)).append_column("row", pa.array(np.arange(len(drawn)))))
    found = matched(*sides)
    joined = (
        sides[0]
        .join(sides[1], keys=SCHEMA.names, join_type="full outer", left_suffix="_before", right_suffix="_after")
        .sort_by([(name, "ascending") for name in SCHEMA.names])
    )
    assert found.keys.to_pylist() == joined.select(SCHEMA.names).to_pylist()
    for places, name in ((found.before, "row_before"), (found.after, "row_after")):
        assert places.tolist() == joined[name].fill_null(-1).to_pylist()


def test_nothing_matches_nothing() -> None:
    found = matched(keys(), keys())
    assert (len(found.keys), len(found.before), len(found.after)) == (0, 0, 0)


def test_values_are_taken_from_their_places() -> None:
    assert at(pa.chunked_array([["x", "y"]]), np.array([1, -1, 0])).to_pylist() == ["y", None, "x"]
