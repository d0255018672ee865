"""Weave's calls, fetched from a server on loopback that streams JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.assembly import sources
from llm_eval_pipeline.clients.weave import WeaveServer
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.sources.seam import Fetched, SourceError
from llm_eval_pipeline.production.sources.weave import WeaveSource
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import price
from llm_eval_pipeline_tests.production.weave_calls import START, call, openai_chat, root, uuid
from llm_eval_pipeline_tests.production.weave_server import KEY, WeaveDouble
from llm_eval_pipeline_tests.scripted_server import ScriptedServer, document, head

NOW = START + timedelta(hours=18)
MANY = [call(f"c{i}", at=START + timedelta(seconds=i)) for i in range(25)]


@pytest.fixture
def double() -> Iterator[WeaveDouble]:
    with WeaveDouble() as made:
        yield made


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def fetch(tmp_path: Path, double: WeaveDouble, waits: list[float]) -> Callable[..., Fetched]:
    """Fetch as the next run does."""

    def fetched(
        *, page: int = 10, now: datetime = NOW, key: str = KEY, project: str = "team/app", url: str = ""
    ) -> Fetched:
        source = WeaveSource(
            server=WeaveServer(url or double.url, SecretStr(key), timeout_s=5),
            project=project,
            folder=tmp_path / "landing" / "weave",
            memory=tmp_path / "state" / "weave.json",
            look_back=timedelta(days=1),
            page=page,
            sleep=waits.append,
        )
        return source.fetch(now)

    return fetched


def rows(tmp_path: Path) -> list[dict]:
    """The rows that what has landed compiles to."""
    warehouse = Warehouse(str(tmp_path / "warehouse"))
    report = land(tmp_path / "landing", warehouse, price)
    assert (report.quarantined, report.ignored) == (0, ())
    compile_days(report.days, warehouse, allow_empty=True)
    return warehouse.read_many(PRODUCTION_TRACES, warehouse.partitions(PRODUCTION_TRACES)).to_pylist()


def test_calls_are_fetched_once_page_by_page(
    tmp_path: Path, double: WeaveDouble, fetch: Callable[..., Fetched]
) -> None:
    double.calls = list(MANY)
    assert (fetch(), fetch()) == (Fetched(25, 0), Fetched(0, 0))
    assert len(rows(tmp_path)) == 25
    assert {query["limit"] for query in double.queries} == {10}
    assert all(query["include_feedback"] is True for query in double.queries)


@pytest.mark.parametrize("page", [1, 2, 3, 7, 24, 25, 26])
def test_pages_of_any_size_lose_none(double: WeaveDouble, fetch: Callable[..., Fetched], page: int) -> None:
    double.calls = list(MANY)
    assert fetch(page=page) == Fetched(25, 0)


def test_more_calls_in_one_instant_than_a_page_has_are_all_fetched(
    tmp_path: Path, double: WeaveDouble, fetch: Callable[..., Fetched]
) -> None:
    double.calls = [call(f"c{i}", at=START) for i in range(33)] + [call("after", at=START + timedelta(seconds=1))]
    double.refusals = [(200, {}), (0, {}), (200, {}), (0, {})]  # two streams break off within the instant
    assert fetch() == Fetched(34, 0)
    assert len(rows(tmp_path)) == 34


def test_a_call_that_has_not_ended_is_found_when_it_has(double: WeaveDouble, fetch: Callable[..., Fetched]) -> None:
    double.calls = [root(ended_at=None), *MANY]
    assert (fetch(), fetch()) == (Fetched(25, 1), Fetched(0, 1))
    double.calls[0] = root()
    assert (fetch(), fetch()) == (Fetched(1, 0), Fetched(0, 0))


def test_a_call_that_the_server_still_has_as_it_began_too_is_fetched_as_it_ended(
    tmp_path: Path, double: WeaveDouble, fetch: Callable[..., Fetched]
) -> None:
    double.calls = [root(ended_at=None), root(), root(), openai_chat()]
    assert (fetch(), fetch()) == (Fetched(2, 1), Fetched(0, 0))
    assert len(rows(tmp_path)) == 2


def test_late_calls_are_found_as_far_as_it_looks_back(double: WeaveDouble, fetch: Callable[..., Fetched]) -> None:
    double.calls = list(MANY)
    fetch()
    newest = START + timedelta(seconds=24)
    double.calls += [call("late", at=newest - timedelta(hours=23)), call("too late", at=newest - timedelta(hours=25))]
    assert fetch() == Fetched(1, 0)


def test_after_a_crash_between_file_and_memory_each_call_is_one_row(
    tmp_path: Path, double: WeaveDouble, fetch: Callable[..., Fetched]
) -> None:
    double.calls = [root(), openai_chat()]
    fetch()
    (tmp_path / "state" / "weave.json").unlink()
    double.calls += MANY  # more has come since, so the file is another one
    assert fetch() == Fetched(27, 0)
    found = rows(tmp_path)
    assert len(found) == len({(row["trace_id"], row["span_id"]) for row in found}) == 27
    assert len(list((tmp_path / "landing" / "weave").iterdir())) == 2


def test_an_endpoint_that_throttles_is_asked_again_when_it_says(
    double: WeaveDouble, fetch: Callable[..., Fetched], waits: list[float]
) -> None:
    double.calls = list(MANY)
    double.refusals = [(429, {"retry-after": "7"}), (503, {}), (500, {})]
    assert fetch() == Fetched(25, 0)
    assert waits[0] == 7
    assert 1 <= waits[1] <= 2
    assert 2 <= waits[2] <= 4


def test_a_stream_that_breaks_off_goes_on_where_it_was(
    tmp_path: Path, double: WeaveDouble, fetch: Callable[..., Fetched], waits: list[float]
) -> None:
    double.calls = list(MANY)
    double.refusals = [(0, {})] * 20
    assert fetch() == Fetched(25, 0)
    assert len(rows(tmp_path)) == 25
    assert len(waits) == 20


def test_one_that_never_brings_anything_new_is_given_up(
    double: WeaveDouble, fetch: Callable[..., Fetched], waits: list[float]
) -> None:
    double.calls = MANY[:2]
    double.refusals = [(0, {})] * 50
    with pytest.raises(SourceError, match=r"attempt 6 of 6.*LLM_EVAL_WEAVE_PROJECT"):
        fetch()
    assert len(waits) == 5


def test_a_wait_that_is_too_long_is_a_failure(
    double: WeaveDouble, fetch: Callable[..., Fetched], waits: list[float]
) -> None:
    double.refusals = [(429, {"Retry-After": "3600"})]
    with pytest.raises(SourceError, match="come back in 3600 s"):
        fetch()
    assert waits == []


@pytest.mark.parametrize(
    ("given", "status"), [({"key": "wrong"}, 401), ({"key": ""}, 401), ({"project": "team/other"}, 404)]
)
def test_what_will_not_pass_is_said_at_once(
    fetch: Callable[..., Fetched], waits: list[float], given: dict[str, str], status: int
) -> None:
    with pytest.raises(SourceError, match=f"answered {status}.*LLM_EVAL_WEAVE_API_KEY"):
        fetch(**given)
    assert waits == []


def test_a_key_that_the_server_repeats_is_not_shown(double: WeaveDouble, fetch: Callable[..., Fetched]) -> None:
    double.refusals = [(403, {})]
    with pytest.raises(SourceError, match=r"\[key\]") as fault:
        fetch()
    assert KEY not in str(fault.value)


def test_nobody_there_is_a_failure_that_names_the_setting(fetch: Callable[..., Fetched], waits: list[float]) -> None:
    with pytest.raises(SourceError, match=r"127.0.0.1:9 cannot be reached \(URLError\).*LLM_EVAL_WEAVE_URL"):
        fetch(url="http://127.0.0.1:9")
    assert len(waits) == 5


@pytest.mark.parametrize("line", [b"[]", b'{"error": "no"}', b'{"id": 7}'])
def test_what_is_no_call_is_a_failure(fetch: Callable[..., Fetched], line: bytes) -> None:
    with ScriptedServer(document(line + b"\n")) as server, pytest.raises(SourceError, match="LLM_EVAL_WEAVE_PROJECT"):
        fetch(url=server.base_url)


def test_a_call_that_cannot_be_read_holds_up_nobody(tmp_path: Path, fetch: Callable[..., Fetched]) -> None:
    odd = [orjson.dumps(openai_chat()), b'{"id": "a", "output": NaN}', orjson.dumps(root(started_at="soon"))]
    with ScriptedServer(document(b"\n".join(odd) + b"\n")) as server:
        assert (fetch(url=server.base_url), fetch(url=server.base_url)) == (Fetched(3, 0), Fetched(0, 0))
    report = land(tmp_path / "landing", Warehouse(str(tmp_path / "warehouse")), price)
    assert (report.spans, report.quarantined) == (1, 2)


def test_a_redirect_is_not_followed(fetch: Callable[..., Fetched], double: WeaveDouble) -> None:
    away = [head(status="302 Found", Location=double.url, Content_Length=0)]
    with ScriptedServer(away) as server, pytest.raises(SourceError, match="answered 302"):
        fetch(url=server.base_url)
    assert double.queries == []


def test_the_settings_name_the_sources(tmp_path: Path, double: WeaveDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    double.calls = [root(), openai_chat()]
    given = {"data_dir": tmp_path, "weave_project": "team/app", "weave_url": double.url}
    assert [each.name for each in sources(Settings(data_dir=tmp_path))] == []
    assert [each.name for each in sources(Settings(**given, mlflow_traces="http://127.0.0.1:9"))] == ["MLflow", "Weave"]
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    (source,) = sources(Settings(**given))
    assert source.fetch(NOW) == Fetched(2, 0)
    monkeypatch.setenv("WANDB_API_KEY", "another")
    (source,) = sources(Settings(**given, weave_api_key=KEY))
    assert source.fetch(NOW) == Fetched(0, 0)
    assert {path.parent for path in tmp_path.rglob("*.jsonl.gz")} == {tmp_path / "landing" / "weave"}
    assert uuid("answer") in next((tmp_path / "state" / "fetched").iterdir()).read_text()
