"""What a mapping may say, and which one holds for a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from llm_eval_pipeline.production.mapping import MappingError, load_mapping, mapping_for

LEAST = {"trace_id": "id", "started_at": "ts", "duration_s": "took"}


def lay(path: Path, **said: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(said))
    return path


def test_a_column_may_be_named_alone_or_with_what_holds_for_it(tmp_path: Path) -> None:
    columns = LEAST | {"operation": {"value": "chat"}, "error": {"column": "err", "optional": True}}
    found = load_mapping(lay(tmp_path / "m.yaml", columns=columns, time="ms"), "m.yaml")
    told = found.mapping.columns.told()
    assert list(told) == ["trace_id", "started_at", "operation", "duration_s", "error"]
    assert (told["trace_id"].column, told["operation"].value, told["error"].optional) == ("id", "chat", True)
    assert (found.mapping.time, found.mapping.source) == ("ms", "columns")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            {"columns": LEAST | {"modle": "m"}},
            r"m\.yaml: columns\.modle: no such field; there are trace_id, started_at",
        ),
        ({"columns": LEAST, "tiem": "ms"}, r"m\.yaml: tiem: no such setting; there are columns, time"),
        ({"columns": LEAST, "time": "minutes"}, r"m\.yaml: time: Input should be 'iso', 's', 'ms', 'us' or 'ns'"),
        ({"columns": {"started_at": "ts", "duration_s": "took"}}, r"columns\.trace_id: Field required"),
        ({"columns": {"trace_id": "id", "started_at": "ts"}}, "give one of ended_at, duration_ms, duration_s"),
        ({"columns": LEAST | {"ended_at": "end"}}, "give one of ended_at, duration_ms, duration_s"),
        ({"columns": LEAST | {"operation": {}}}, r"columns\.operation: give a column's name, or"),
        ({"columns": LEAST | {"operation": {"value": "chat", "column": "op"}}}, "give a column's name, or"),
        ({"columns": LEAST | {"cached_input_tokens": "c"}}, "say whether input_includes_cached is true or false"),
        ({}, r"m\.yaml: columns: Field required"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(tmp_path: Path, said: dict[str, object], reason: str) -> None:
    with pytest.raises(MappingError, match=reason):
        load_mapping(lay(tmp_path / "m.yaml", **said), "m.yaml")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"columns: [", "is no YAML"),
        (b"columns: \xff", "is no YAML"),
        (b"", "the file: Input should be"),
        (b"- a", "the file: Input should be"),
    ],
)
def test_a_mapping_that_is_no_mapping_is_said(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "m.yaml").write_bytes(data)
    with pytest.raises(MappingError, match=f"shown.yaml.*{reason}"):
        load_mapping(tmp_path / "m.yaml", "shown.yaml")


def test_a_mapping_that_is_not_there_is_said(tmp_path: Path) -> None:
    place = mapping_for(tmp_path, "a.csv", tmp_path / "none.yaml")
    assert place is not None
    with pytest.raises(MappingError, match=r"none\.yaml \(LLM_EVAL_TRACE_MAPPING\) cannot be read: No such file"):
        load_mapping(*place)


def test_the_nearest_mapping_holds(tmp_path: Path) -> None:
    top, deep, set_apart = (tmp_path / name for name in ("mapping.yaml", "a/b/mapping.yaml", "own.yaml"))
    assert mapping_for(tmp_path, "a/b/c/x.csv", None) is None
    assert mapping_for(tmp_path, "a/b/c/x.csv", set_apart) == (set_apart, f"{set_apart} (LLM_EVAL_TRACE_MAPPING)")
    lay(top)
    assert mapping_for(tmp_path, "x.csv", set_apart) == (top, "mapping.yaml")
    assert mapping_for(tmp_path, "a/b/c/x.csv", set_apart) == (top, "mapping.yaml")
    lay(deep)
    assert mapping_for(tmp_path, "a/b/c/x.csv", set_apart) == (deep, "a/b/mapping.yaml")
    assert mapping_for(tmp_path, "a/b/x.csv", None) == (deep, "a/b/mapping.yaml")
    assert mapping_for(tmp_path, "a/x.csv", None) == (top, "mapping.yaml")
