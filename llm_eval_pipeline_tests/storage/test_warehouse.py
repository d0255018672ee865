import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import fsspec
import pyarrow as pa
import pytest
from fsspec.implementations.local import LocalFileSystem

from llm_eval_pipeline.storage.tables import Table, instant, money
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse

WEEK, NEXT = "2026-03-30", "2026-04-06"
SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("repetition", pa.int64()),
        ("score", pa.float64()),
        ("cost_usd", money()),
        ("called_at", instant()),
        ("tags", pa.list_(pa.string())),
    ]
)
WEEKLY = Table(name="scores", partitioned_by="week", key=("name", "repetition"), schema=SCHEMA)
WHOLE = Table(name="incidents", partitioned_by=None, key=("name", "repetition"), schema=SCHEMA)


class BreakingStore(LocalFileSystem):
    """A disk on which the last step of a write fails."""

    protocol = "breaking"

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(str(path).removeprefix("breaking://"))

    def mv(self, path1, path2, **kwargs):
        raise OSError("no space left on the device")


fsspec.register_implementation("breaking", BreakingStore, clobber=True)


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(str(tmp_path / "warehouse"))


def row(name="a", repetition=0, score=0.5, **more):
    return {"name": name, "repetition": repetition, "score": score, **more}


def names(table):
    return table["name"].to_pylist()


def files(tmp_path):
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def test_what_is_written_is_read(warehouse):
    full = row(
        cost_usd=Decimal("0.000000000001"),
        called_at=datetime(2026, 3, 30, 6, 0, 0, 1, tzinfo=UTC),
        tags=["ü", ""],
    )
    warehouse.write(WEEKLY, WEEK, [full])
    assert warehouse.read(WEEKLY, WEEK).to_pylist() == [full]
    assert warehouse.read(WEEKLY, WEEK).schema == SCHEMA


def test_a_partition_is_one_file_with_its_key_in_the_path(warehouse, tmp_path):
    warehouse.write(WEEKLY, WEEK, [row()])
    warehouse.write(WHOLE, None, [row()])
    assert files(tmp_path) == ["warehouse/incidents/rows.parquet", "warehouse/scores/week=2026-03-30/rows.parquet"]


def test_a_reader_needs_nothing_of_this_project(warehouse):
    warehouse.write(WEEKLY, WEEK, [row("a"), row("b")])
    warehouse.write(WEEKLY, NEXT, [row("c")])
    found = duckdb.sql(f"select week::text, name from '{warehouse.root}/scores/*/*.parquet' order by name").fetchall()
    assert found == [(WEEK, "a"), (WEEK, "b"), (NEXT, "c")]


def test_rows_are_sorted_by_their_key(warehouse):
    written = warehouse.write(WEEKLY, WEEK, [row("b", 1), row("a", 10), row("b", 0), row("a", 9)])
    assert [(r["name"], r["repetition"]) for r in written.to_pylist()] == [("a", 9), ("a", 10), ("b", 0), ("b", 1)]
    assert warehouse.read(WEEKLY, WEEK) == written


def test_the_same_rows_give_the_same_bytes_in_any_order_and_form(warehouse, tmp_path):
    rows = [row(f"name {i % 7}", i, i / 3) for i in range(100)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    forms = [rows, rows[::-1], table, pa.concat_tables([table.slice(50), table.slice(0, 50)])]
    forms.append(table.select(["score", "name", "repetition"]).replace_schema_metadata({"made": "today"}))
    contents = set()
    for form in forms:
        warehouse.write(WEEKLY, WEEK, form)
        contents.add(Path(warehouse.path(WEEKLY, WEEK)).read_bytes())
    assert len(contents) == 1


def test_a_write_takes_the_place_of_the_whole_partition_and_of_no_other(warehouse):
    warehouse.write(WEEKLY, WEEK, [row("a"), row("b")])
    warehouse.write(WEEKLY, NEXT, [row("z")])
    warehouse.write(WEEKLY, WEEK, [row("c")])
    assert names(warehouse.read(WEEKLY, WEEK)) == ["c"]
    assert names(warehouse.read(WEEKLY, NEXT)) == ["z"]


def test_a_write_that_breaks_leaves_the_old_rows_and_no_litter(warehouse, tmp_path):
    warehouse.write(WEEKLY, WEEK, [row("old")])
    before = files(tmp_path)
    with pytest.raises(OSError, match="no space left"):
        Warehouse(f"breaking://{warehouse.root}").write(WEEKLY, WEEK, [row("new")])
    assert names(warehouse.read(WEEKLY, WEEK)) == ["old"]
    assert files(tmp_path) == before


def test_rows_that_do_not_fit_leave_the_old_ones(warehouse):
    warehouse.write(WEEKLY, WEEK, [row("old")])
    with pytest.raises(pa.ArrowInvalid):
        warehouse.write(WEEKLY, WEEK, [row("new", score="high")])
    assert names(warehouse.read(WEEKLY, WEEK)) == ["old"]


def test_a_reader_sees_the_old_rows_or_the_new_ones(warehouse):
    def write(version):
        warehouse.write(WEEKLY, WEEK, [row(f"{i:03}", 0, version) for i in range(100 + version)])

    def rewrite():
        for version in range(1, 30):
            write(version)

    write(0)
    writer = threading.Thread(target=rewrite)
    writer.start()
    seen = set()
    written = False
    while not written:
        written = not writer.is_alive()
        scores = warehouse.read(WEEKLY, WEEK)["score"].to_pylist()
        seen.add((len(set(scores)), len(scores) - scores[0]))
    writer.join()
    assert seen == {(1, 100)}


def test_two_rows_with_one_key_are_refused(warehouse):
    with pytest.raises(ValueError, match=r"scores: 1 keys .* the first is \{'name': 'a', 'repetition': 1\}"):
        warehouse.write(WEEKLY, WEEK, [row("a", 1, 0.1), row("b"), row("a", 1, 0.2)])
    assert not warehouse.exists(WEEKLY, WEEK)


def test_a_missing_part_of_a_key_does_not_make_two_rows_different(warehouse):
    with pytest.raises(ValueError, match="'repetition': None"):
        warehouse.write(WEEKLY, WEEK, [row("a", None), row("a", None)])


@pytest.mark.parametrize(
    "rows", [[row(), row("b", colour="red")], pa.table({"name": ["a"], "repetition": [0], "colour": ["red"]})]
)
def test_a_column_that_the_table_does_not_have_is_refused(warehouse, rows):
    with pytest.raises(ValueError, match="scores has no column colour; it has name, repetition, score"):
        warehouse.write(WEEKLY, WEEK, rows)
    assert not warehouse.exists(WEEKLY, WEEK)


@pytest.mark.parametrize("rows", [[{"name": "a", "repetition": 0}], pa.table({"name": ["a"], "repetition": [0]})])
def test_an_absent_column_becomes_null(warehouse, rows):
    (written,) = warehouse.write(WEEKLY, WEEK, rows).to_pylist()
    assert (written["score"], written["tags"]) == (None, None)


@pytest.mark.parametrize(
    "value",
    [
        {"repetition": 1.5},
        {"repetition": Decimal("1.5")},
        {"repetition": float("nan")},
        {"repetition": "many"},
        {"cost_usd": Decimal("1e-13")},
        {"score": "high"},
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_never_bent(warehouse, value):
    with pytest.raises(pa.ArrowInvalid):
        warehouse.write(WEEKLY, WEEK, [row(**value)])


def test_a_whole_number_may_come_as_a_float(warehouse):
    assert warehouse.write(WEEKLY, WEEK, [row(repetition=2.0)])["repetition"].to_pylist() == [2]


def test_a_column_of_arrow_that_does_not_fit_is_refused(warehouse):
    with pytest.raises(pa.ArrowInvalid):
        warehouse.write(WEEKLY, WEEK, pa.table({"name": ["a"], "repetition": [1.5]}))


def test_an_empty_partition_exists(warehouse):
    warehouse.write(WEEKLY, WEEK, [])
    assert warehouse.exists(WEEKLY, WEEK)
    assert warehouse.read(WEEKLY, WEEK).schema == SCHEMA
    assert warehouse.partitions(WEEKLY) == [WEEK]


@pytest.mark.parametrize(
    ("table", "partition", "text"),
    [
        (WEEKLY, WEEK, r"scores has no rows stored for week 2026-03-30: materialise the asset scores for week 2026"),
        (WHOLE, None, r"incidents has no rows stored: materialise the asset incidents first"),
    ],
)
def test_a_missing_partition_is_named_with_its_asset(warehouse, table, partition, text):
    warehouse.write(WEEKLY, NEXT, [row()])
    with pytest.raises(MissingPartitionError, match=text):
        warehouse.read(table, partition)


@pytest.mark.parametrize(("table", "partition"), [(WEEKLY, None), (WHOLE, WEEK)])
def test_a_partition_is_given_where_there_are_some_and_only_there(warehouse, table, partition):
    with pytest.raises(ValueError, match=f"{table.name} is partitioned by"):
        warehouse.path(table, partition)


def test_some_columns_can_be_read(warehouse):
    warehouse.write(WEEKLY, WEEK, [row()])
    assert warehouse.read(WEEKLY, WEEK, ["score", "name"]).column_names == ["score", "name"]


def test_many_partitions_are_read_in_the_order_given_without_those_that_do_not_exist(warehouse):
    for week, name in ((WEEK, "a"), (NEXT, "b")):
        warehouse.write(WEEKLY, week, [row(name)])
    weeks = [NEXT, "2026-04-13", WEEK]
    assert names(warehouse.read_many(WEEKLY, weeks)) == ["b", "a"]
    assert warehouse.files(WEEKLY, weeks) == [warehouse.path(WEEKLY, NEXT), warehouse.path(WEEKLY, WEEK)]


def test_of_none_that_exist_there_are_no_rows_but_there_are_columns(warehouse):
    assert warehouse.read_many(WEEKLY, [WEEK]) == SCHEMA.empty_table()
    assert warehouse.read_many(WEEKLY, [WEEK], ["score"]).column_names == ["score"]


def test_partitions_are_listed_in_order(warehouse):
    assert warehouse.partitions(WEEKLY) == []
    for week in (NEXT, "2025-12-29", WEEK):
        warehouse.write(WEEKLY, week, [])
    assert warehouse.partitions(WEEKLY) == ["2025-12-29", WEEK, NEXT]


def test_a_table_without_partitions_lists_none(warehouse):
    with pytest.raises(ValueError, match="incidents has no partitions"):
        warehouse.partitions(WHOLE)


def test_a_draft_that_a_crash_left_is_no_partition(warehouse):
    warehouse.write(WEEKLY, WEEK, [row()])
    left = Path(warehouse.path(WEEKLY, NEXT)).with_name(".0123.draft")
    left.parent.mkdir()
    left.write_bytes(b"half a file")
    assert warehouse.partitions(WEEKLY) == [WEEK]
    assert not warehouse.exists(WEEKLY, NEXT)


def test_a_folder_may_have_any_name(tmp_path):
    warehouse = Warehouse(str(tmp_path / "évals [2026] * of ours?"))
    warehouse.write(WEEKLY, WEEK, [row()])
    assert warehouse.partitions(WEEKLY) == [WEEK]
    assert names(warehouse.read(WEEKLY, WEEK)) == ["a"]


def test_any_store_of_fsspec_will_do():
    warehouse = Warehouse("memory://warehouse-of-a-test/tables")
    warehouse.write(WEEKLY, WEEK, [row("old")])
    warehouse.write(WEEKLY, WEEK, [row("b"), row("a")])
    assert names(warehouse.read(WEEKLY, WEEK)) == ["a", "b"]
    assert warehouse.partitions(WEEKLY) == [WEEK]
    fsspec.filesystem("memory").rm("/warehouse-of-a-test", recursive=True)
