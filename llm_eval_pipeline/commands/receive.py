"""``llm-eval receive``: takes OTLP over HTTP into the landing folder, alone or beside another command."""

from __future__ import annotations

import logging
import sys

import click

from llm_eval_pipeline.settings import Settings


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def receive(command: tuple[str, ...]) -> None:
    """Take spans at http://127.0.0.1:4318/v1/traces (LLM_EVAL_RECEIVER_HOST, _PORT) until Ctrl-C.

    With COMMAND, that runs beside it, and both end together: llm-eval receive -- dagster dev
    """
    from llm_eval_pipeline.receiver.serving import serve

    settings = Settings.load()
    logging.getLogger("llm_eval_pipeline").setLevel(logging.INFO)
    code = serve(
        settings.landing / "receiver",
        host=settings.receiver_host,
        port=settings.receiver_port,
        token=settings.receiver_token,
        max_body=settings.receiver_max_body_mb << 20,
        requests=settings.receiver_requests,
        memory=settings.receiver_memory_mb << 20,
        command=command,
    )
    sys.exit(code)
