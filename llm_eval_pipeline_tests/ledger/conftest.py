"""Ledgers on every database that one can be kept in, and what it takes to ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline_tests.ledger.scripted import SOON, ScriptedModel, cent_per_token
from llm_eval_pipeline_tests.postgres import programs, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    with running_server(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a ledger that nobody has opened."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'ledger.sqlite'}"
    server, name = request.getfixturevalue("postgres"), f"ledger_{uuid4().hex}"
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture
def clock():
    return FakeClock(SOON)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield ledger
    ledger.close()


@pytest.fixture
def model(clock):
    return ScriptedModel(clock)


@pytest.fixture
def asker(ledger, clock):
    return Asker(
        ledger=ledger, price=cent_per_token, rules=AskingRules(clock=clock, concurrency=1, attempts=3, backoff_s=0.001)
    )
