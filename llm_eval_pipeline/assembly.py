"""The parts that work together, chosen by the settings: what stands behind each seam.

Each function builds one part and imports what it needs when it is called. Scripts, commands and Dagster's resources all
come here, so a setting means the same to each of them.
"""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from llm_eval_pipeline.alerts.channels.console import ConsoleChannel
from llm_eval_pipeline.alerts.channels.seam import Channel
from llm_eval_pipeline.alerts.outbox import Outbox
from llm_eval_pipeline.clients.chat import ChatClient
from llm_eval_pipeline.evaluation.bertscore import Embedder
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.evaluation.moderation import Moderator
from llm_eval_pipeline.evaluation.pairwise import PairwiseJudge
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.production.sources.seam import Source
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.sinks.mlflow_sink import MlflowSink
from llm_eval_pipeline.sinks.wandb_sink import WandbSink
from llm_eval_pipeline.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from llm_eval_pipeline.clients.anthropic import AnthropicClient
    from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient


def warehouse(settings: Settings) -> Warehouse:
    """The tables. Arrow's own pool of memory keeps some 45 MB that it had once; the system's gives them back."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    return Warehouse(settings.warehouse_url)


def asker(settings: Settings) -> Asker:
    """What calls are made with: ledger, prices, rules."""
    from llm_eval_pipeline.costs.prices import call_price, price_book
    from llm_eval_pipeline.ledger.rules import AskingRules
    from llm_eval_pipeline.ledger.store import Ledger

    return Asker(
        ledger=Ledger(settings.ledger_url),
        price=call_price(price_book(settings.prices)),
        rules=AskingRules(
            mode=settings.mode,
            allow_late=settings.allow_late,
            concurrency=settings.concurrency,
            budget_usd=None if settings.budget_usd is None else Decimal(str(settings.budget_usd)),
        ),
    )


def models(settings: Settings) -> ModelsUnderTest:
    """The models under test: a callable or at an endpoint when one is set, the sample answerer otherwise."""
    return ModelsUnderTest(
        client=_model_client(settings),
        names=settings.models,
        params=settings.generation_params,
        repetitions=settings.repetitions,
    )


def judge(settings: Settings) -> Judge:
    """The judge: at an endpoint when one is set, the local one otherwise."""
    from llm_eval_pipeline.evaluation.rubrics import load_rubric

    return Judge(
        client=_judge_client(settings),
        model=settings.judge,
        rubrics=tuple(load_rubric(settings.shipped(f"rubrics/{name}.yaml")) for name in ("quality", "reference_free")),
        params=settings.judging_params,
        repetitions=settings.judge_repetitions,
    )


def pairwise_judge(settings: Settings) -> PairwiseJudge | None:
    """The judge that compares two answers; None for the local one, which sees one answer at a time."""
    if not settings.judge_endpoint:
        return None
    from llm_eval_pipeline.evaluation.rubrics import load_rubric

    return PairwiseJudge(
        client=_judge_client(settings),
        model=settings.judge,
        rubric=load_rubric(settings.shipped("rubrics/pairwise.yaml")),
        params=settings.judging_params,
    )


def moderator(settings: Settings) -> Moderator | None:
    """Who else says whether an answer is safe; None when nobody is asked."""
    from llm_eval_pipeline.evaluation.rubrics import load_rubric

    if settings.moderation == "judge":
        rubric = load_rubric(settings.shipped("rubrics/safety.yaml"))
        return Moderator(
            client=_judge_client(settings), model=settings.judge, rubric=rubric, params=settings.judging_params
        )
    if settings.moderation == "endpoint":
        from llm_eval_pipeline.clients.moderation import ModerationClient

        key, model = settings.moderation_api_key, settings.moderation_model
        client = ModerationClient(settings.moderation_endpoint, key, model, settings.timeout_s)
        return Moderator(client=client, model=model)
    return None


def embedder(settings: Settings) -> Embedder | None:
    """The model behind BERTScore; None when no folder is named, and the column stays null."""
    if settings.bertscore_model == Path():
        return None
    from llm_eval_pipeline.evaluation.transformers_embedder import load_embedder

    return load_embedder(settings.bertscore_model, settings.bertscore_layer)


def sources(settings: Settings) -> list[Source]:
    """The systems that traces are fetched from: those that the settings name."""
    from llm_eval_pipeline.production.sources.keeping import memory_file

    look_back = timedelta(days=max(1, settings.late_days))
    there: list[Source] = []
    if uri := settings.mlflow_traces:
        from llm_eval_pipeline.production.sources.mlflow import MlflowSource

        experiments = settings.mlflow_experiments
        memory = memory_file(settings.state_folder, "mlflow", uri, *experiments)
        there.append(
            MlflowSource(
                tracking_uri=uri,
                experiments=experiments,
                folder=settings.landing / "mlflow",
                memory=memory,
                look_back=look_back,
            )
        )
    if project := settings.weave_project:
        from llm_eval_pipeline.clients.weave import WeaveServer
        from llm_eval_pipeline.production.sources.weave import WeaveSource

        key = settings.weave_api_key.get_secret_value() or os.environ.get("WANDB_API_KEY", "")
        there.append(
            WeaveSource(
                server=WeaveServer(settings.weave_url, SecretStr(key), settings.timeout_s),
                project=project,
                folder=settings.landing / "weave",
                memory=memory_file(settings.state_folder, "weave", settings.weave_url, project),
                look_back=look_back,
            )
        )
    return there


def outbox(settings: Settings) -> Outbox:
    """The messages that wait to be sent."""
    return Outbox(settings.state_folder / "outbox.sqlite")


def channels(settings: Settings) -> list[Channel]:
    """Where alerts go: the console always, the others when their secret is set."""
    from llm_eval_pipeline.alerts.channels.pagerduty import PagerDutyChannel
    from llm_eval_pipeline.alerts.channels.slack import SlackChannel

    there: list[Channel] = [ConsoleChannel()]
    if settings.slack_webhook.get_secret_value():
        there.append(SlackChannel(settings.slack_webhook))
    if settings.pagerduty_key.get_secret_value():
        there.append(PagerDutyChannel(settings.pagerduty_key))
    return there


def wandb_sink(settings: Settings) -> WandbSink | None:
    """W&B, unless it is off."""
    if settings.wandb == "off":
        return None
    return WandbSink(folder=settings.state_folder, project=settings.wandb_project, mode=settings.wandb)


def mlflow_sink(settings: Settings) -> MlflowSink | None:
    """MLflow, unless it is off."""
    if settings.mlflow == "off":
        return None
    artifacts = None if settings.mlflow_uri else settings.state_folder / "mlflow"
    return MlflowSink(tracking_uri=settings.mlflow_address, artifacts=artifacts)


def _model_client(settings: Settings) -> ChatClient:
    if settings.callable:
        from llm_eval_pipeline.clients.python_callable import CallableClient, load_callable

        return CallableClient(load_callable(settings.callable), settings.callable, settings.timeout_s)
    if settings.endpoint:
        speaking = _speaking(settings.api)
        return speaking(settings.endpoint, settings.api_key, settings.timeout_s, stream=settings.stream)
    from llm_eval_pipeline.clients.sample_answerer import SampleAnswerer
    from llm_eval_pipeline.sample import laid_sample

    laid = laid_sample(settings.landing)
    return SampleAnswerer(
        settings.shipped("documents"),
        settings.shipped("answerer/releases.yaml"),
        shift_weeks=laid.shift_weeks if laid else 0,
    )


def _judge_client(settings: Settings) -> ChatClient:
    if settings.judge_endpoint:
        speaking = _speaking(settings.judge_api)
        return speaking(settings.judge_endpoint, settings.judge_api_key, settings.timeout_s)
    from llm_eval_pipeline.evaluation.local_judge import LocalJudge

    return LocalJudge(settings.shipped("judge/local_judge.json"))


def _speaking(api: str) -> type[AnthropicClient] | type[OpenAICompatibleClient]:
    """The client of an API."""
    if api == "anthropic":
        from llm_eval_pipeline.clients.anthropic import AnthropicClient

        return AnthropicClient
    from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient

    return OpenAICompatibleClient
