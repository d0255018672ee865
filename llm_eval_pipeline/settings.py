"""Every setting of the pipeline, each from one ``LLM_EVAL_…`` environment variable.

Belongs here: names, types, defaults, and the refusal of a name that nobody knows. Secrets (keys of endpoints, webhook
addresses) are settings too; they are ``SecretStr``, so that printing the settings never shows them. Nor does it show a
URL, whose query may hold a key.
"""

from __future__ import annotations

import difflib
import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "LLM_EVAL_"
REPOSITORY = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting that is unknown or has no meaning. The text names the variable and what it may be."""


class Settings(BaseSettings):
    """The pipeline's settings; ``Settings.load()`` reads them from the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = Field(REPOSITORY / "data", description="What ships and what is made, unless set apart below.")
    warehouse: str = Field("", repr=False, description="Where tables are written: a folder or an fsspec URL.")
    state_dir: Path = Field(Path(), description="Ledger, outbox and the sinks' local files.")
    ledger: SecretStr = Field(
        SecretStr(""),
        description="SQLAlchemy URL of the ledger; empty: SQLite in the state folder.",
    )
    traces: Path = Field(Path(), description="Where production spans arrive: a folder of span files.")
    mlflow_traces: str = Field(
        "", repr=False, description="MLflow tracking URI whose traces are fetched each day; empty: none."
    )
    mlflow_experiments: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="The experiments whose traces those are, comma-separated; empty: all."
    )
    weave_project: str = Field(
        "", description="W&B Weave project, as entity/project, whose calls are fetched each day; empty: none."
    )
    weave_url: str = Field("https://trace.wandb.ai", repr=False, description="Base URL of Weave's trace server.")
    weave_api_key: SecretStr = Field(SecretStr(""), description="W&B key for it; empty: that of `WANDB_API_KEY`.")
    trace_mapping: Path = Field(
        Path(), description="A YAML file that says which column is which in span files of your own; empty: none."
    )
    receiver_host: str = Field("127.0.0.1", description="Where OTLP is taken over HTTP; elsewhere a token is needed.")
    receiver_port: int = Field(4318, ge=0, le=65535, description="The receiver's port; 0: any that is free.")
    receiver_token: SecretStr = Field(
        SecretStr(""), description="What senders must carry, as Authorization: Bearer; empty: nothing."
    )
    receiver_max_body_mb: int = Field(
        20, ge=1, le=64, description="Longest body of a request, in MiB, as it comes and unpacked."
    )
    receiver_requests: int = Field(256, ge=1, description="Most requests that the receiver has under way at once.")
    receiver_memory_mb: int = Field(128, ge=1, description="Most MiB of bodies that those hold.")
    first_week: date | None = Field(None, description="The Monday of the first window; the sample's by default.")

    models: Annotated[tuple[str, ...], NoDecode] = Field(
        ("sample/extractive-large", "sample/extractive-mini"),
        min_length=1,
        description="Models under test, comma-separated.",
    )
    endpoint: str = Field("", repr=False, description="Base URL of the models' endpoint; empty: the sample answerer.")
    api: Literal["openai", "anthropic"] = Field("openai", description="The API that the endpoint speaks.")
    api_key: SecretStr = Field(SecretStr(""), description="Key of that endpoint.")
    stream: bool = Field(False, description="Have answers streamed, so that the time to the first token is known.")
    callable: str = Field(
        "", description="A Python callable that answers, as package.module:function, in place of an endpoint."
    )
    judge: str = Field("local/judge-1", description="The judge's model; local/judge-1 needs no endpoint.")
    judge_endpoint: str = Field("", repr=False, description="Base URL of the judge's endpoint; empty: the local judge.")
    judge_api: Literal["openai", "anthropic"] = Field("openai", description="The API that the judge's endpoint speaks.")
    judge_api_key: SecretStr = Field(SecretStr(""), description="Key of the judge's endpoint.")
    temperature: float = Field(0.0, ge=0, le=2, description="Sampling temperature of the models under test.")
    max_tokens: int = Field(512, ge=1, description="Longest answer, in tokens.")
    params: dict[str, Any] = Field(
        {}, description="Parameters of a request as JSON, over the two above; null leaves one out."
    )
    judge_params: dict[str, Any] = Field(
        {}, description="Parameters of a judge's request as JSON, over a temperature of 0; null leaves one out."
    )
    judge_repetitions: int = Field(1, ge=1, le=25, description="How often the judge is asked about each answer.")
    repetitions: int = Field(1, ge=1, le=100, description="How often each example is asked.")
    concurrency: int = Field(64, ge=1, le=1024, description="Most calls under way at once.")
    timeout_s: float = Field(120.0, gt=0, description="Longest wait for one attempt of one call.")
    budget_usd: float | None = Field(
        None,
        ge=0,
        description="Refuse one asset's calls of one window (a moderator's apart) when they would cost more.",
    )
    mode: Literal["live", "replay"] = Field("live", description="replay: answer from the ledger alone.")
    allow_late: bool = Field(False, description="Ask today's model about weeks that ended long ago.")

    moderation: Literal["off", "judge", "endpoint"] = Field(
        "off", description="Who else says whether an answer is safe: the judge's model, or a moderation endpoint."
    )
    moderation_endpoint: str = Field(
        "", repr=False, description="Base URL of an OpenAI-compatible moderations endpoint."
    )
    moderation_api_key: SecretStr = Field(SecretStr(""), description="Key of that endpoint.")
    moderation_model: str = Field("omni-moderation-latest", description="The moderation endpoint's model.")
    bertscore_model: Path = Field(
        Path(), description="A local model's folder for BERTScore (extra `bertscore`); empty: the column stays null."
    )
    bertscore_layer: int = Field(-1, description="The layer whose states are compared; -1: the last.")

    judge_sample: int = Field(200, ge=1, description="Most production traces judged each week.")
    judge_detects: float | None = Field(
        None, gt=0, le=1, description="Judge only as many as show a fall of this much in mean quality; empty: the most."
    )
    baseline_weeks: int = Field(8, ge=2, le=52, description="Windows that the pinned baseline holds.")
    policy: Literal["calibrated", "strict"] = Field("calibrated", description="Which verdict opens incidents.")
    late_days: int = Field(3, ge=0, le=31, description="Days that the daily ingest compiles again for late spans.")
    promotion_budget: int = Field(12, ge=0, description="Most examples promoted each week.")

    shared_data: Path = Field(Path(), description="An optional folder of real data that tests measure against.")

    slack_webhook: SecretStr = Field(SecretStr(""), description="Slack incoming webhook for alerts.")
    pagerduty_key: SecretStr = Field(SecretStr(""), description="PagerDuty Events v2 routing key for alerts.")
    dashboard_url: str = Field("", description="Where the dashboard is published, for links in alerts.")

    wandb: Literal["offline", "online", "off"] = Field("offline", description="The W&B sink.")
    wandb_project: str = Field("llm-eval-pipeline", description="W&B project.")
    mlflow: Literal["on", "off"] = Field("on", description="The MLflow sink.")
    mlflow_uri: str = Field("", repr=False, description="MLflow tracking URI; empty: SQLite in the state folder.")

    tracing_service: str = Field(
        "", description="An application's name on the spans that `llm_eval_pipeline.tracing` sends."
    )
    tracing_otlp: str = Field("", repr=False, description="Where it sends them: address of an OTLP/HTTP receiver.")
    tracing_token: SecretStr = Field(SecretStr(""), description="Token of that receiver.")
    tracing_file: Path = Field(Path(), description="Or a folder of OTLP/JSON files, such as the landing folder.")
    tracing_mlflow: str = Field("", repr=False, description="Or an MLflow tracking URI: a server or a store.")
    tracing_mlflow_experiment: str = Field("Default", description="The MLflow experiment for them.")
    tracing_weave: str = Field("", description="Or a W&B Weave project, as entity/project.")
    tracing_mask: bool = Field(False, description="Take personal data out of spans before they are sent.")
    tracing_capacity: int = Field(20_000, ge=512, description="Spans that may wait for one destination.")

    executor: Literal["in_process", "multiprocess"] = Field("in_process", description="How a run's steps run.")

    @field_validator("models", "mlflow_experiments", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(m.strip() for m in value.split(",") if m.strip()) if isinstance(value, str) else value

    @field_validator(
        "data_dir", "state_dir", "traces", "trace_mapping", "shared_data", "bertscore_model", "tracing_file"
    )
    @classmethod
    def _at_home(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("weave_project")
    @classmethod
    def _of_an_entity(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^/\s]+/[^/\s]+", value):
            raise ValueError(f"{value} is no Weave project: write entity/project")
        return value

    @field_validator("weave_url")
    @classmethod
    def _over_http(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError("the address is no URL") from None
        if parts.scheme not in ("http", "https") or not host:
            raise ValueError("the address must begin with http:// or https:// and name a host")
        return value

    @field_validator("endpoint", "judge_endpoint", "moderation_endpoint", "weave_url", "tracing_otlp")
    @classmethod
    def _without_a_password(cls, value: str, info: ValidationInfo) -> str:
        if "@" in value.partition("://")[2].partition("/")[0]:
            key = f"{PREFIX}{info.field_name}".upper()
            for address, secret in (("ENDPOINT", "API_KEY"), ("URL", "API_KEY"), ("OTLP", "TOKEN")):
                key = key.removesuffix(address) + secret if key.endswith(address) else key
            raise ValueError(f"the address holds a user or password: leave them out, and set {key}")
        return value

    @field_validator("first_week")
    @classmethod
    def _monday(cls, value: date | None) -> date | None:
        if value is not None and value.weekday() != 0:
            raise ValueError(f"{value} is a {value:%A}; a week is named by its Monday")
        return value

    @model_validator(mode="after")
    def _reachable(self) -> Settings:
        """Names of models that only an endpoint can know need one, and nothing is asked in two places."""
        strange = [name for name in self.models if not name.startswith("sample/")]
        if self.callable:
            if self.endpoint:
                raise ValueError("LLM_EVAL_ENDPOINT and LLM_EVAL_CALLABLE are both set: only one can answer")
            if len(strange) < len(self.models):
                raise ValueError(
                    f"LLM_EVAL_CALLABLE is set, and LLM_EVAL_MODELS names {', '.join(self.models)}: give what answers "
                    "a name of its own, such as my-app-v2"
                )
        elif self.endpoint and len(strange) < len(self.models):
            raise ValueError("LLM_EVAL_ENDPOINT is set: name the models that it serves in LLM_EVAL_MODELS")
        elif strange and not self.endpoint:
            raise ValueError(f"LLM_EVAL_MODELS names {', '.join(strange)}: set LLM_EVAL_ENDPOINT to where it answers")
        if self.judge != "local/judge-1" and not self.judge_endpoint:
            raise ValueError(f"LLM_EVAL_JUDGE names {self.judge}: set LLM_EVAL_JUDGE_ENDPOINT to where it answers")
        needed = {"judge": "JUDGE_ENDPOINT", "endpoint": "MODERATION_ENDPOINT"}.get(self.moderation)
        if needed and not getattr(self, needed.lower()):
            raise ValueError(f"LLM_EVAL_MODERATION is {self.moderation}: set LLM_EVAL_{needed} to where it answers")
        for api, endpoint in (("api", self.endpoint), ("judge_api", self.judge_endpoint)):
            if getattr(self, api) != "openai" and not endpoint:
                name = f"{PREFIX}{api.upper()}"
                where = name.replace("API", "ENDPOINT")
                raise ValueError(
                    f"{name} is {getattr(self, api)}, and there is no endpoint: set {where} to where it is"
                )
        return self

    @model_validator(mode="after")
    def _roomy(self) -> Settings:
        if self.receiver_memory_mb < self.receiver_max_body_mb:
            raise ValueError(
                f"LLM_EVAL_RECEIVER_MEMORY_MB is {self.receiver_memory_mb}, less than the {self.receiver_max_body_mb} "
                "of one body (LLM_EVAL_RECEIVER_MAX_BODY_MB), which could never be taken"
            )
        return self

    @classmethod
    def load(cls) -> Settings:
        """Settings from the environment.

        Raises:
            SettingsError: for an unknown ``LLM_EVAL_…`` variable, or a value that does not fit.
        """
        known = sorted(name.upper() for name in cls.model_fields)
        for variable in os.environ:
            name = variable.removeprefix(PREFIX)
            if name != variable and name not in known:
                close = difflib.get_close_matches(name, known, 1)
                hint = (
                    f"did you mean {PREFIX}{close[0]}?"
                    if close
                    else f"known are {', '.join(PREFIX + one for one in known)}"
                )
                raise SettingsError(f"the environment variable {variable} is no setting; {hint}")
        try:
            settings = cls()
        except ValidationError as error:
            said = [(e["loc"], e["msg"].removeprefix("Value error, ")) for e in error.errors()]
            lines = [f"{PREFIX}{str(where[0]).upper()}: {what}" if where else what for where, what in said]
            raise SettingsError("; ".join(lines)) from None
        return settings

    @property
    def generation_params(self) -> dict[str, Any]:
        """What a request to a model under test says beside its messages."""
        return _given({"temperature": self.temperature, "max_tokens": self.max_tokens} | self.params)

    @property
    def judging_params(self) -> dict[str, Any]:
        """What a request to the judge says beside its messages."""
        return _given({"temperature": 0} | self.judge_params)

    @property
    def warehouse_url(self) -> str:
        """Where tables are written."""
        return self.warehouse or str(self.data_dir / "warehouse")

    @property
    def landing(self) -> Path:
        """Where production spans arrive."""
        return self.traces if self.traces != Path() else self.data_dir / "landing"

    @property
    def mapping(self) -> Path | None:
        """The file that says which column is which where a landing folder has none."""
        return self.trace_mapping if self.trace_mapping != Path() else None

    @property
    def state_folder(self) -> Path:
        """Where the ledger, the outbox and the sinks' local files are."""
        return self.state_dir if self.state_dir != Path() else self.data_dir / "state"

    def shipped(self, name: str) -> Path:
        """A file that ships in ``data/``: the data folder's own, or else the one that came with the project.

        Examples and anchors are not among these: nobody wants to be evaluated on the sample's by mistake.
        """
        own = self.data_dir / name
        return own if own.exists() else REPOSITORY / "data" / name

    @property
    def examples(self) -> Path:
        """The folder of curated examples."""
        return self.data_dir / "examples"

    @property
    def anchors(self) -> Path:
        """The file of frozen outputs that the judge is held to."""
        return self.data_dir / "anchors" / "anchors.jsonl"

    @property
    def safety_policy(self) -> Path:
        """The file of safety rules."""
        return self.shipped("policies/default.yaml")

    @property
    def judge_bar(self) -> Path:
        """The file that says when a judge is trusted."""
        return self.shipped("policies/judge_bar.yaml")

    @property
    def prices(self) -> Path:
        """The file of prices that go before the price library's."""
        return self.shipped("prices.yaml")

    @property
    def dashboard(self) -> Path:
        """The dashboard's file."""
        return self.data_dir / "dashboard" / "index.html"

    @property
    def links(self) -> dict[str, str]:
        """Where an alert sends people to look further."""
        return {"dashboard": self.dashboard_url or self.dashboard.resolve().as_uri()}

    @property
    def mlflow_address(self) -> str:
        """MLflow's tracking URI."""
        return self.mlflow_uri or f"sqlite:///{self.state_folder / 'mlflow.sqlite'}"

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger; it may hold a password."""
        return self.ledger.get_secret_value() or f"sqlite:///{self.state_folder / 'ledger.sqlite'}"


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
