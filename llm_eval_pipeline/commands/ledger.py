"""``llm-eval ledger``: calls by day, model and purpose; spent, replayed, failed."""

from __future__ import annotations

from decimal import Decimal

import click

from llm_eval_pipeline import assembly
from llm_eval_pipeline.commands.terminal import show, table
from llm_eval_pipeline.ledger.look import LookLine, look
from llm_eval_pipeline.settings import Settings


@click.command()
@click.option("--days", default=14, show_default=True, help="Show so many of the newest days that have calls.")
def ledger(days: int) -> None:
    """Show what the ledger holds: every call once, what it cost, and what replaying it has saved."""
    settings = Settings.load()
    book = assembly.asker(settings).ledger
    lines = look(book.tallies())
    book.close()
    shown_days = sorted({line.day for line in lines}, reverse=True)[:days]
    counts = ("calls", "failed", "spent USD", "unpriced", "replayed", "saved USD")
    made = table("Calls to models", _whole(lines), ("day", "model", "purpose"), counts)
    for line in lines:
        if line.day in shown_days:
            numbers = (f"{line.calls:,}", f"{line.failed:,}", _usd(line.spent_usd), f"{line.unpriced:,}")
            made.add_row(line.day, line.model, line.purpose, *numbers, f"{line.replayed:,}", _usd(line.saved_usd))
    show(made)


def _whole(lines: list[LookLine]) -> str:
    spent, saved = sum(line.spent_usd for line in lines), sum(line.saved_usd for line in lines)
    calls, replayed = sum(line.calls for line in lines), sum(line.replayed for line in lines)
    return (
        f"In all {calls:,} answers, {_usd(Decimal(spent))} USD spent, "
        f"and {sum(line.failed for line in lines):,} calls without one; "
        f"{replayed:,} answers replayed, which saved {_usd(Decimal(saved))} USD"
    )


def _usd(amount: Decimal) -> str:
    return f"{amount:,.4f}"
