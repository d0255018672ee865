"""The ledger's tables: answered calls, calls that failed, and how often an answer was replayed."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
CALLS = sa.Table(
    "calls",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False, index=True),
    sa.Column("feature", sa.Text, nullable=False),
    sa.Column("repetition", sa.Integer, nullable=False),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=False),
    sa.Column("called_at", sa.Text, nullable=False),
    sa.Column("called_late", sa.Boolean, nullable=False),
    sa.Column("cost_usd", sa.Text),
)
FAILURES = sa.Table(
    "failures",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("called_at", sa.Text, nullable=False),
)
REPLAYS = sa.Table(
    "replays",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asked_at", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("saved_usd", sa.Text, nullable=False),
)
