"""Examples: what gives them their identity and their split, and files that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_eval_pipeline.datasets.examples import CANARY_SHARE, DatasetError, Example, dataset_version, load_examples
from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.storage.warehouse import Warehouse


def example(**fields: Any) -> Example:
    return Example(**{"prompt": "What is a hub?", "feature": "question_answering", **fields})


def written(folder: Path, name: str, *lines: object) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines))
    return file


def test_the_same_content_has_the_same_id_on_any_machine() -> None:
    assert example().example_id == "d5ae488265211673b9ed"


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "What is a hub"},
        {"feature": "summarisation"},
        {"system": "Be brief."},
        {"context": "A hub connects."},
        {"reference": "A box."},
        {"expected_format": '{"type": "json"}'},
        {"should_refuse": False},
        {"instructions": [{"id": "keywords:existence", "kwargs": {"keywords": ["hub"]}}]},
    ],
)
def test_what_is_asked_or_expected_is_part_of_the_id(changed: dict[str, Any]) -> None:
    assert example(**changed).example_id != example().example_id


@pytest.mark.parametrize("changed", [{"source": "production"}, {"split": "canary"}, {"trace_id": "t1"}])
def test_where_it_came_from_and_where_it_goes_are_no_part_of_the_id(changed: dict[str, Any]) -> None:
    assert example(**changed).example_id == example().example_id


def test_the_order_of_an_instructions_arguments_is_no_part_of_the_id() -> None:
    one, other = ({"id": "punctuation:no_comma", "kwargs": kwargs} for kwargs in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert example(instructions=[one]).example_id == example(instructions=[other]).example_id


def test_a_curated_example_is_canary_or_regression_by_its_hash() -> None:
    splits = [example(prompt=f"Question {n}?").assigned_split for n in range(2000)]
    assert set(splits) == {"canary", "regression"}
    # 2,000 coins of 0.6: the standard deviation of the share is sqrt(0.6 · 0.4 / 2000) = 0.011; 4 of them are 0.044
    assert splits.count("canary") / 2000 == pytest.approx(CANARY_SHARE, abs=0.044)


def test_production_is_fresh_and_a_pin_goes_before_both() -> None:
    assert example(source="production").assigned_split == "fresh"
    assert example(source="production", split="regression").assigned_split == "regression"


def test_a_system_prompt_goes_before_the_question() -> None:
    assert example().messages == [{"role": "user", "content": "What is a hub?"}]
    assert [m["role"] for m in example(system="Be brief.").messages] == ["system", "user"]


def test_a_row_fits_the_table_and_keeps_the_arguments_as_json(tmp_path: Path) -> None:
    made = example(
        instructions=[{"id": "length_constraints:number_words", "kwargs": {"num_words": 5, "relation": "at least"}}]
    )
    warehouse = Warehouse(str(tmp_path))
    warehouse.write(EVAL_DATASET, "2026-03-30", [made.row("v1")])
    (row,) = warehouse.read(EVAL_DATASET, "2026-03-30").to_pylist()
    assert (row["example_id"], row["dataset_version"], row["split"]) == (made.example_id, "v1", made.assigned_split)
    assert row["instructions"] == [
        {"id": "length_constraints:number_words", "kwargs": '{"num_words":5,"relation":"at least"}'}
    ]
    assert row["messages"] == made.messages


def test_a_version_is_the_set_and_not_its_order() -> None:
    one, other = example(), example(prompt="Why?")
    assert dataset_version([one, other]) == dataset_version([other, one])
    assert dataset_version([one]) != dataset_version([one, other])
    assert len(dataset_version([])) == 12


def test_files_are_read_in_order_of_name_and_blank_lines_are_no_examples(tmp_path: Path) -> None:
    written(tmp_path, "b.jsonl", {"prompt": "second", "feature": "f"}, b"", {"prompt": "third", "feature": "f"})
    written(tmp_path, "a.jsonl", {"prompt": "first", "feature": "f"}, b"")
    written(tmp_path, "notes.txt", b"no example")
    assert [one.prompt for one in load_examples(tmp_path)] == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"prompt": "x"', "line: Invalid JSON"),
        ({"prompt": "x"}, "feature: Field required"),
        ({"prompt": "x", "feature": "all"}, "feature: the name `all` is that of the total"),
        ({"prompt": "", "feature": "f"}, "prompt: String should have at least 1 character"),
        ({"prompt": " \n\t", "feature": "f"}, "prompt: a prompt of white space asks nothing"),
        ({"prompt": 7, "feature": "f"}, "prompt: Input should be a valid string"),
        ({"prompt": ["x"], "feature": "f"}, "prompt: Input should be a valid string"),
        (b'{"prompt": "a\\ud800b", "feature": "f"}', "line: Invalid JSON"),
        (b'{"prompt": "\xff", "feature": "f"}', "line: Invalid JSON"),
        ({"prompt": "x", "feature": "f", "refrence": "y"}, "refrence: Extra inputs are not permitted"),
        ({"prompt": "x", "feature": "f", "split": "test"}, "split: Input should be"),
        ({"prompt": "x", "feature": "f", "instructions": [{"kwargs": {}}]}, "instructions.0.id: Field required"),
        (
            {"prompt": "x", "feature": "f", "expected_format": '{"type": "xml"}'},
            "expected_format: the expec",
        ),
        (
            {"prompt": "x", "feature": "f", "expected_format": "json"},
            "expected_format: the expected format ",
        ),
        (
            {"prompt": "x", "feature": "f", "instructions": [{"id": "punctuation:no_coma"}]},
            "instructions.0: unknown instruction 'punctuation:no_coma'; known are change_case:",
        ),
        (
            {
                "prompt": "x",
                "feature": "f",
                "instructions": [{"id": "length_constraints:number_words", "kwargs": {"num_words": 5}}],
            },
            "instructions.0: length_constraints:number_words: the argument relation is missing; given: num_words",
        ),
        ([1], "line: Input should be an object"),
    ],
)
def test_a_wrong_line_is_an_error_that_names_file_line_and_field(tmp_path: Path, line: object, message: str) -> None:
    file = written(tmp_path, "a.jsonl", {"prompt": "good", "feature": "f"}, line)
    with pytest.raises(DatasetError) as error:
        load_examples(tmp_path)
    assert str(error.value).startswith(f"{file}, line 2: {message}")


def test_a_prompt_of_a_megabyte_and_one_of_every_plane_are_examples_like_any_other(tmp_path: Path) -> None:
    planes = "".join(chr(plane * 0x10000 + 0x41) for plane in range(17))
    long = "why? " * 210_000
    written(tmp_path / "x", "a.jsonl", {"prompt": planes, "feature": "f"}, {"prompt": long, "feature": "f"})
    warehouse = Warehouse(str(tmp_path / "w"))
    warehouse.write(EVAL_DATASET, "2026-03-30", [one.row("v1") for one in load_examples(tmp_path / "x")])
    assert set(warehouse.read(EVAL_DATASET, "2026-03-30")["prompt"].to_pylist()) == {planes, long}


def test_the_same_example_twice_is_an_error_across_files_too(tmp_path: Path) -> None:
    written(tmp_path, "a.jsonl", {"prompt": "good", "feature": "f"})
    written(tmp_path, "b.jsonl", {"prompt": "good", "feature": "f", "split": "canary"})
    with pytest.raises(DatasetError, match=r"b\.jsonl, line 1: the same example stands twice: 'good'"):
        load_examples(tmp_path)


def test_no_file_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no examples: .*nowhere holds no \.jsonl file"):
        load_examples(tmp_path / "nowhere")
