from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llm_eval_pipeline.storage.tables import ROW_GROUP, Table
from llm_eval_pipeline.storage.warehouse import Warehouse

SCORES = Table(
    name="scores",
    partitioned_by="week",
    key=("name", "repetition"),
    schema=pa.schema([("name", pa.string()), ("repetition", pa.int64()), ("score", pa.float64())]),
)
WEEK = "2026-03-30"


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(str(tmp_path / "warehouse"))


def rows(numbers):
    return [{"name": f"{n:06}", "repetition": 0, "score": n / 10} for n in numbers]


def write(warehouse, *parts):
    return write_all(warehouse, parts)


def write_all(warehouse, parts):
    with warehouse.writing(SCORES, WEEK) as writer:
        for part in parts:
            writer.add(part)
    return writer


def test_parts_become_one_partition(warehouse):
    writer = write(warehouse, rows([1, 0]), [], rows([2, 3]))
    assert writer.rows == 4
    assert warehouse.read(SCORES, WEEK)["score"].to_pylist() == [0.0, 0.1, 0.2, 0.3]


def test_nothing_added_is_an_empty_partition(warehouse):
    write(warehouse)
    assert warehouse.read(SCORES, WEEK).num_rows == 0
    assert warehouse.schema(SCORES, WEEK) == SCORES.schema


def test_however_it_is_cut_the_bytes_are_the_same(warehouse):
    many = rows(range(ROW_GROUP + 100))
    warehouse.write(SCORES, WEEK, many)
    whole = Path(warehouse.path(SCORES, WEEK)).read_bytes()
    write(warehouse, *(many[start : start + 777] for start in range(0, len(many), 777)))
    assert Path(warehouse.path(SCORES, WEEK)).read_bytes() == whole
    with pq.ParquetFile(warehouse.path(SCORES, WEEK)) as file:
        assert [file.metadata.row_group(i).num_rows for i in range(2)] == [ROW_GROUP, 100]


@pytest.mark.parametrize("later", [[1], [0, 5], [2]])
def test_parts_out_of_order_are_refused_and_the_old_rows_stay(warehouse, later):
    write(warehouse, rows([9]))
    with pytest.raises(ValueError, match=r"scores: the key \('00000.', 0\) comes after \('000002', 0\)"):
        write(warehouse, rows([1, 2]), rows(later))
    assert warehouse.read(SCORES, WEEK)["name"].to_pylist() == ["000009"]


def test_a_crash_between_parts_leaves_the_old_rows_and_no_draft(warehouse, tmp_path):
    write(warehouse, rows([9]))

    def crashing():
        yield rows([1])
        raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        write_all(warehouse, crashing())
    assert warehouse.read(SCORES, WEEK)["name"].to_pylist() == ["000009"]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_batches_are_the_rows_in_order(warehouse):
    write(warehouse, rows(range(10)))
    sizes, names = [], []
    for batch in warehouse.batches(SCORES, WEEK, ["name"], rows=4):
        assert batch.schema.names == ["name"]
        sizes.append(batch.num_rows)
        names += batch["name"].to_pylist()
    assert (sizes, names) == ([4, 4, 2], [f"{n:06}" for n in range(10)])
