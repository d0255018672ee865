"""``llm-eval``: the commands, and errors as sentences in place of tracebacks."""

from __future__ import annotations

import logging
import sys

import click

from llm_eval_pipeline.commands.ledger import ledger
from llm_eval_pipeline.commands.plan import plan
from llm_eval_pipeline.commands.receive import receive
from llm_eval_pipeline.ledger.barring import MissingAnswerError
from llm_eval_pipeline.ledger.engine import LedgerError
from llm_eval_pipeline.receiver.access import ReceiverError
from llm_eval_pipeline.settings import SettingsError
from llm_eval_pipeline.storage.warehouse import MissingPartitionError

_SAID = (SettingsError, LedgerError, MissingAnswerError, MissingPartitionError, ReceiverError, ValueError)
"""Errors whose text says what to do."""


@click.group()
def commands() -> None:
    """Continuous evaluation of LLM applications. Every LLM_EVAL_… variable is a setting; see docs/settings.md."""


commands.add_command(ledger)
commands.add_command(plan)
commands.add_command(receive)


def main() -> None:
    """Run the command of the command line."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        commands(prog_name="llm-eval")
    except _SAID as error:
        sys.exit(str(error))
