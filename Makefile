# make demo   install, run the whole loop on the sample, and say what came of it
# make test   install, and run the tests
# make dev    the Dagster UI and daemon on http://127.0.0.1:3000, with what the demo made, and the receiver of spans
# make receive the receiver alone: spans over OTLP/HTTP on http://127.0.0.1:4318/v1/traces
# make run JOB=weekly_drift PARTITION=2026-11-16   one job for one window, without the UI
# make plan WEEK=2026-11-16   what evaluating a week would ask and cost, before it does
# make ledger every call to a model: what was spent, and what replaying has saved
# make check  format, lint, types, definitions (make lint), and tests: what CI asks
# make mlflow the MLflow UI on http://127.0.0.1:5000
# make bench  speed, crashes and memory beside other tools; parts by name: make bench ONLY=endpoint,kill ARGS='--runs 3'
# make examples  traced RAG applications in an environment of their own, and the spans of each as they arrive
# make clean  remove what runs on the sample have made; the sample and the environment stay

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXAMPLES := .venv-examples
PORT ?= 3000

# Here Dagster finds `dagster.yaml`, which keeps its state in DAGSTER_STATE: beside the data when that is your own.
export DAGSTER_HOME := $(CURDIR)
export DAGSTER_STATE := $(if $(LLM_EVAL_DATA_DIR),$(LLM_EVAL_DATA_DIR)/.dagster,$(CURDIR)/.dagster)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# A backfill's events are stored in batches: one by one they take a tenth of the demo.
export DAGSTER_EVENT_BATCH_SIZE := 500
export DAGSTER_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1
export WANDB_ERROR_REPORTING := false
# Compiled imports are several times faster.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test dev receive run plan ledger mlflow lint check bench examples clean

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

$(EXAMPLES)/installed: examples/requirements.lock pyproject.toml
	$(PYTHON) -m venv $(EXAMPLES)
	$(EXAMPLES)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(EXAMPLES)/bin/uv pip install --quiet --compile-bytecode --python $(EXAMPLES)/bin/python --require-hashes -r examples/requirements.lock
	$(EXAMPLES)/bin/uv pip install --quiet --python $(EXAMPLES)/bin/python --no-deps --editable .
	touch $@

$(DAGSTER_STATE)/storage:
	mkdir -p $@

demo: $(VENV)/installed $(DAGSTER_STATE)/storage
	$(BIN)/python -m llm_eval_pipeline.defs.demo

test: $(VENV)/installed
	$(BIN)/python -m pytest --numprocesses=2

# `dagster dev` reads workspace.yaml; it warns that `dg dev` is its successor, which does not.
dev: $(VENV)/installed $(DAGSTER_STATE)/storage
	$(BIN)/llm-eval receive -- $(BIN)/python -W ignore -m dagster dev --workspace workspace.yaml --host 127.0.0.1 --port $(PORT)

receive: $(VENV)/installed
	$(BIN)/llm-eval receive

# make run JOB=weekly_drift PARTITION=2026-11-16
run: $(VENV)/installed $(DAGSTER_STATE)/storage
	@test -n "$(JOB)" -a -n "$(PARTITION)" || { echo "say which job and window: make run JOB=weekly_drift PARTITION=2026-11-16"; exit 2; }
	$(BIN)/dg launch --job $(JOB) --partition $(PARTITION)

plan: $(VENV)/installed
	$(BIN)/llm-eval plan $(WEEK)

ledger: $(VENV)/installed
	$(BIN)/llm-eval ledger

mlflow: $(VENV)/installed
	$(BIN)/mlflow server --backend-store-uri "$$($(BIN)/python -c 'from llm_eval_pipeline.settings import Settings; print(Settings.load().mlflow_address)')" --host 127.0.0.1 --port 5000

lint: $(VENV)/installed $(DAGSTER_STATE)/storage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/dg check defs

check: lint test

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks --only '$(ONLY)' $(ARGS)

examples: $(EXAMPLES)/installed
	$(EXAMPLES)/bin/python -m examples.run_all
	$(EXAMPLES)/bin/python -m pytest llm_eval_pipeline_tests/tracing

clean:
	rm -rf .dagster data/landing data/warehouse data/state data/dashboard
