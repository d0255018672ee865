"""An asset that is a table of the warehouse: one decorator for all of them, and how their rows look in the UI."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.defs.partitions import DAILY, ONE_RUN, WEEKLY
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse

OWNERS = ["team:llm-evaluation"]
_PARTITIONS = {"week": WEEKLY, "day": DAILY}
_SECONDS_BETWEEN_LINES = 5
_SHOWN_ROWS = 8
_SHOWN_CHARACTERS = 160


def table_asset(
    table: Table, *, group: str, deps: Sequence[Any] = (), kinds: tuple[str, ...] = (), **options: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """``dg.asset`` for a function that writes ``table``: its name, partitions, columns and one-run backfills."""
    if table.partitioned_by is not None:
        options |= {"partitions_def": _PARTITIONS[table.partitioned_by], "backfill_policy": ONE_RUN}
    return dg.asset(
        name=table.name,
        group_name=group,
        deps=deps,
        kinds={"python", "parquet", *kinds},
        owners=OWNERS,
        metadata={"dagster/column_schema": column_schema(table), "key": ", ".join(table.key)},
        **options,
    )


def column_schema(table: Table) -> dg.TableSchema:
    """A table's columns, as the UI lists them."""
    return dg.TableSchema([dg.TableColumn(field.name, str(field.type)) for field in table.schema])


def windows(context: dg.AssetExecutionContext) -> Iterator[str]:
    """The run's partition keys, oldest first; long work says every few seconds where it is."""
    keys, said = list(context.partition_keys), time.monotonic()
    for number, key in enumerate(keys, 1):
        if time.monotonic() - said >= _SECONDS_BETWEEN_LINES:
            context.log.info(f"{key} ({number} of {len(keys)})")
            said = time.monotonic()
        yield key


def preview(
    table: pa.Table | Sequence[Mapping[str, Any]], columns: Sequence[str], *, rows: int = _SHOWN_ROWS
) -> dg.TableMetadataValue:
    """The first rows as a table, long texts cut; a column that a row lacks is null, as it will be in the warehouse."""
    some = table.slice(0, rows).to_pylist() if isinstance(table, pa.Table) else table[:rows]
    records = [dg.TableRecord({column: _shown(row.get(column)) for column in columns}) for row in some]
    schema = dg.TableSchema([dg.TableColumn(column) for column in columns])
    return dg.MetadataValue.table(records, schema)


def stored_preview(
    warehouse: Warehouse, table: Table, partition: str | None, columns: Sequence[str]
) -> dg.TableMetadataValue:
    """The first stored rows of a partition as a table."""
    first = next(warehouse.batches(table, partition, columns, rows=_SHOWN_ROWS), None)
    return preview([] if first is None else first.to_pylist(), columns)


def count(flags: pa.ChunkedArray) -> int:
    """How many of a column's values are true; null is not."""
    return int(pc.sum(flags).as_py() or 0)


def result_over(
    wrong: Mapping[str, str], *, key: dg.AssetCheckKey | None = None, **numbers: int | str
) -> dg.AssetCheckResult:
    """A check over windows: passed when none is wrong, else a warning that names each and says what is.

    ``key`` says which check it is, where one step does several.
    """
    return dg.AssetCheckResult(
        passed=not wrong,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"wrong": len(wrong), **numbers, **wrong},
        asset_key=key.asset_key if key else None,
        check_name=key.name if key else None,
    )


def picture(svg: str, alternative: str) -> dg.MarkdownMetadataValue:
    """A plot that the UI draws inside the metadata."""
    from base64 import b64encode

    return dg.MetadataValue.md(f"![{alternative}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})")


def _shown(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(f"{value:.4g}")
    text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
