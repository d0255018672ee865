import os
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from llm_eval_pipeline.settings import REPOSITORY, Settings, SettingsError

SECRETS = (
    *("API_KEY", "JUDGE_API_KEY", "MODERATION_API_KEY", "WEAVE_API_KEY"),
    *("LEDGER", "SLACK_WEBHOOK", "PAGERDUTY_KEY", "RECEIVER_TOKEN"),
)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for variable in list(os.environ):
        if variable.upper().startswith("LLM_EVAL_"):
            monkeypatch.delenv(variable)


@pytest.fixture
def load(monkeypatch):
    """The settings with these variables, given without their prefix."""

    def set_and_load(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"LLM_EVAL_{name}", value)
        return Settings.load()

    return set_and_load


def test_nothing_needs_to_be_set(load):
    settings = load()
    assert (settings.endpoint, settings.api_key.get_secret_value(), settings.judge) == ("", "", "local/judge-1")
    assert (settings.mode, settings.allow_late, settings.budget_usd) == ("live", False, None)
    assert settings.warehouse_url == str(REPOSITORY / "data" / "warehouse")


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("DATA_DIR", "/srv/evals", "data_dir", Path("/srv/evals")),
        ("WAREHOUSE", "s3://bucket/evals", "warehouse_url", "s3://bucket/evals"),
        ("FIRST_WEEK", "2026-03-30", "first_week", date(2026, 3, 30)),
        ("MODELS", "sample/b, sample/c ,", "models", ("sample/b", "sample/c")),
        ("ALLOW_LATE", "true", "allow_late", True),
        ("BUDGET_USD", "1.5", "budget_usd", 1.5),
        ("MODE", "replay", "mode", "replay"),
        ("CONCURRENCY", "8", "concurrency", 8),
        ("STREAM", "true", "stream", True),
        ("MLFLOW_URI", "http://mlflow:5000", "mlflow_address", "http://mlflow:5000"),
    ],
)
def test_a_variable_sets_its_setting(load, variable, text, name, value):
    assert getattr(load(**{variable: text}), name) == value


@pytest.mark.parametrize(("variable", "named"), [("MODELS", "LLM_EVAL_ENDPOINT"), ("JUDGE", "LLM_EVAL_JUDGE_ENDPOINT")])
def test_a_model_that_only_an_endpoint_can_know_needs_one(load, variable, named):
    with pytest.raises(SettingsError, match=rf"LLM_EVAL_{variable} names gpt-4o: set {named}"):
        load(**{variable: "gpt-4o"})
    other = named.removeprefix("LLM_EVAL_")
    assert load(**{variable: "gpt-4o", other: "http://127.0.0.1:1/v1"})


def test_a_callable_answers_in_place_of_an_endpoint_under_a_name_of_its_own(load):
    assert load(CALLABLE="app:answer", MODELS="my-app-v2").models == ("my-app-v2",)
    with pytest.raises(SettingsError, match="LLM_EVAL_ENDPOINT and LLM_EVAL_CALLABLE are both set"):
        load(CALLABLE="app:answer", MODELS="my-app-v2", ENDPOINT="http://127.0.0.1:1/v1")


def test_a_callable_does_not_answer_in_the_samples_name(load):
    with pytest.raises(
        SettingsError, match=r"LLM_EVAL_MODELS names sample/extractive-large.*: give what answers a name"
    ):
        load(CALLABLE="app:answer")


@pytest.mark.parametrize(("api", "endpoint"), [("API", "ENDPOINT"), ("JUDGE_API", "JUDGE_ENDPOINT")])
def test_an_api_without_an_endpoint_is_a_slip(load, api, endpoint):
    with pytest.raises(
        SettingsError, match=f"LLM_EVAL_{api} is anthropic, and there is no endpoint: set LLM_EVAL_{endpoint}"
    ):
        load(**{api: "anthropic"})
    models = {"MODELS": "claude"} if endpoint == "ENDPOINT" else {}
    found = load(**{api: "anthropic", endpoint: "https://api.anthropic.com"}, **models)
    assert getattr(found, api.lower()) == "anthropic"


def test_an_endpoint_is_not_asked_for_the_samples_models(load):
    with pytest.raises(
        SettingsError, match="LLM_EVAL_ENDPOINT is set: name the models that it serves in LLM_EVAL_MODELS"
    ):
        load(ENDPOINT="https://models.example/v1")


def test_a_home_folder_may_be_written_as_such(load):
    assert load(DATA_DIR="~/evals").examples == Path.home() / "evals" / "examples"


def test_the_data_folder_moves_all_that_is_in_it(load):
    settings = load(DATA_DIR="/srv/evals")
    assert settings.warehouse_url == "/srv/evals/warehouse"
    assert (settings.landing, settings.state_folder) == (Path("/srv/evals/landing"), Path("/srv/evals/state"))
    assert (settings.examples, settings.anchors.parent) == (Path("/srv/evals/examples"), Path("/srv/evals/anchors"))
    assert settings.ledger_url == "sqlite:////srv/evals/state/ledger.sqlite"
    assert settings.mlflow_address == "sqlite:////srv/evals/state/mlflow.sqlite"


def test_what_is_set_apart_does_not_move_with_the_data_folder(load):
    settings = load(DATA_DIR="/srv/evals", STATE_DIR="/var/evals", TRACES="/mnt/spans", WAREHOUSE="/mnt/tables")
    assert settings.ledger_url == "sqlite:////var/evals/ledger.sqlite"
    assert (settings.landing, settings.warehouse_url) == (Path("/mnt/spans"), "/mnt/tables")


def test_a_data_folder_has_its_own_prices_and_policy_or_those_that_ship(load, tmp_path):
    settings = load(DATA_DIR=str(tmp_path))
    assert settings.prices == REPOSITORY / "data" / "prices.yaml"
    assert settings.safety_policy == REPOSITORY / "data" / "policies" / "default.yaml"
    (tmp_path / "prices.yaml").touch()
    assert settings.prices == tmp_path / "prices.yaml"


def test_alerts_link_to_the_published_dashboard_or_to_the_file(load):
    assert load(DATA_DIR="/srv/evals").links == {"dashboard": "file:///srv/evals/dashboard/index.html"}
    assert load(DASHBOARD_URL="https://evals.example").links == {"dashboard": "https://evals.example"}


@pytest.mark.parametrize(
    ("variable", "meant"), [("MODLES", "MODELS"), ("BUDGET", "BUDGET_USD"), ("JUDGE_KEY", "JUDGE_API_KEY")]
)
def test_an_unknown_variable_is_refused_with_the_name_that_was_meant(load, variable, meant):
    with pytest.raises(SettingsError, match=f"LLM_EVAL_{variable} is no setting; did you mean LLM_EVAL_{meant}\\?"):
        load(**{variable: "1"})


def test_an_unknown_variable_like_no_other_is_refused_with_all_names(load):
    with pytest.raises(SettingsError, match="known are LLM_EVAL_ALLOW_LATE, LLM_EVAL_API, LLM_EVAL_API_KEY, "):
        load(ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ="1")


def test_variables_of_others_are_left_alone(load, monkeypatch):
    monkeypatch.setenv("LLM_EVALUATION", "1")
    assert load().mode == "live"


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("BUDGET_USD", "-1", "greater than or equal to 0"),
        ("BUDGET_USD", "much", "valid number"),
        ("BUDGET_USD", "nan", "greater than or equal to 0"),
        ("CONCURRENCY", "0", "greater than or equal to 1"),
        ("REPETITIONS", "1.5", "valid integer"),
        ("TIMEOUT_S", "0", "greater than 0"),
        ("MODE", "dead", "'live' or 'replay'"),
        ("API", "grpc", "'openai' or 'anthropic'"),
        ("JUDGE_API", "grpc", "'openai' or 'anthropic'"),
        ("ALLOW_LATE", "perhaps", "valid boolean"),
        ("FIRST_WEEK", "2026-04-01", "2026-04-01 is a Wednesday; a week is named by its Monday"),
        ("FIRST_WEEK", "soon", "valid date"),
        ("BASELINE_WEEKS", "1", "greater than or equal to 2"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_variable_and_the_reason(load, variable, value, reason):
    with pytest.raises(SettingsError, match=f"^LLM_EVAL_{variable}: .*{reason}"):
        load(**{variable: value})


def test_every_fault_is_told_at_once(load):
    with pytest.raises(SettingsError, match=r"LLM_EVAL_CONCURRENCY: .*; LLM_EVAL_MODE: "):
        load(CONCURRENCY="0", MODE="dead")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_kept_and_never_shown(load, secret):
    settings = load(**{secret: "hunter2"})
    assert getattr(settings, secret.lower()).get_secret_value() == "hunter2"
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hunter2" not in shown
    assert f"{secret.lower()}=SecretStr('**********')" in shown


def test_errors_show_no_secret(load):
    with pytest.raises(SettingsError) as misspelt:
        load(API_KEYS="hunter2")
    assert "hunter2" not in str(misspelt.value)


def test_a_fault_elsewhere_shows_no_secret(load):
    with pytest.raises(SettingsError) as fault:
        load(API_KEY="hunter2", MODE="dead")
    assert "hunter2" not in str(fault.value)
    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__


def test_every_setting_says_what_it_is():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_documentation_has_a_line_for_every_setting_in_its_own_words():
    lines = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| `LLM_EVAL_")]
    assert [(row[0], row[2]) for row in rows] == [
        (f"`LLM_EVAL_{name.upper()}`", field.description) for name, field in Settings.model_fields.items()
    ]


def test_the_receiver_has_room_for_its_longest_body(load):
    with pytest.raises(SettingsError, match=r"LLM_EVAL_RECEIVER_MEMORY_MB is 8, less than the 20 of one body"):
        load(RECEIVER_MEMORY_MB="8")
    assert load(RECEIVER_MEMORY_MB="8", RECEIVER_MAX_BODY_MB="8").receiver_memory_mb == 8


def test_settings_do_not_change(load):
    settings = load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.mode = "replay"


URLS = {
    "ENDPOINT": "https://one.test/v1?key=tell-nobody",
    "JUDGE_ENDPOINT": "https://two.test/v1?key=tell-nobody",
    "MODERATION_ENDPOINT": "https://three.test/v1?key=tell-nobody",
    "MLFLOW_URI": "postgresql://evals:tell-nobody@db/mlflow",
    "WAREHOUSE": "sftp://evals:tell-nobody@host/evals",
}


@pytest.mark.parametrize("project", ["app", "entity/", "/app", "a/b/c", "an entity/app"])
def test_a_weave_project_is_of_an_entity(load, project):
    assert load(WEAVE_PROJECT="entity/app").weave_project == "entity/app"
    with pytest.raises(SettingsError, match=r"LLM_EVAL_WEAVE_PROJECT: .* write entity/project"):
        load(WEAVE_PROJECT=project)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("trace.wandb.ai", "begin with http"),
        ("https://", "name a host"),
        ("https://x.test:port", "no URL"),
        ("https://api:tell-nobody@x.test", "set LLM_EVAL_WEAVE_API_KEY"),
    ],
)
def test_weaves_address_is_over_http_and_without_a_key(load, url, said):
    with pytest.raises(SettingsError, match=rf"LLM_EVAL_WEAVE_URL: .*{said}") as fault:
        load(WEAVE_URL=url)
    assert "tell-nobody" not in str(fault.value)


def test_printing_the_settings_shows_no_key_in_a_url(load):
    settings = load(MODELS="m", **URLS)
    assert "tell-nobody" not in f"{settings!r} {settings}"
    assert settings.endpoint == URLS["ENDPOINT"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ENDPOINT", "LLM_EVAL_API_KEY"),
        ("JUDGE_ENDPOINT", "LLM_EVAL_JUDGE_API_KEY"),
        ("MODERATION_ENDPOINT", "LLM_EVAL_MODERATION_API_KEY"),
    ],
)
def test_a_password_in_an_endpoints_address_is_refused_unseen_and_the_key_setting_named(load, name, key):
    with pytest.raises(SettingsError, match=rf"LLM_EVAL_{name}: .*leave them out, and set {key}$") as raised:
        load(**{name: "https://user:tell-nobody@one.test/v1"})
    with pytest.raises(ValidationError) as direct:
        Settings(**{name.lower(): "https://user:tell-nobody@one.test/v1"})
    assert "tell-nobody" not in f"{raised.value} {direct.value}"
