"""Dagster's event log while one process runs a job: read as it grows, and written without waiting for the disk."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage

_TOLD = {
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
}


@contextmanager
def kept_open(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """One connection that stays, to each file that a run's events go to, where Dagster keeps them in SQLite.

    Dagster opens the file anew for each event. Whoever is the last to close it writes its log back to the disk, which
    takes a tenth of the demo, unless somebody else has it open.
    """
    storage = instance.event_log_storage
    files = (
        [storage.path_for_shard(name) for name in (INDEX_SHARD_NAME, run_id)]
        if isinstance(storage, SqliteEventLogStorage)
        else []
    )
    with ExitStack() as stack:
        for file in files:
            connection = stack.enter_context(closing(sqlite3.connect(file)))
            connection.execute("PRAGMA journal_mode = WAL")
        yield


@contextmanager
def steps_shown(instance: dg.DagsterInstance, run_id: str, say: Callable[[str], None]) -> Iterator[None]:
    """A line for each step of a run as it ends, but for checks."""
    done, checks = threading.Event(), set[str | None]()
    cursor: str | None = None

    def show() -> None:
        nonlocal cursor
        new = instance.get_records_for_run(run_id, cursor, _TOLD)
        cursor = new.cursor
        for event in (record.event_log_entry.get_dagster_event() for record in new.records):
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                checks.add(event.step_key)
            elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
                say(f"    {event.step_key:22} failed")
            elif event.step_key not in checks:
                say(f"    {event.step_key:22}{event.step_success_data.duration_ms / 1000:6.1f} s")

    def watch() -> None:
        while not done.wait(0.5):
            show()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        show()
