# Everything runs from .venv, which the first target that needs it makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
# DVC runs `python` from the PATH; one thread a process (two are slower beside any other load).
export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_NUM_THREADS ?= 1
export DVC_NO_ANALYTICS ?= 1
export MLFLOW_DISABLE_TELEMETRY ?= true
export DO_NOT_TRACK ?= true

.PHONY: setup repro suite ui server test test-fast check format bench clean-results

setup: $(VENV)/installed

# The lock pins every package; torch is pinned exactly, so that no gigabytes of CUDA are drawn.
$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

repro: setup
	seqarena repro

# `make suite NAME=text`; `seqarena suites` lists them.
suite: setup
	seqarena repro --suite $(NAME)

ui: setup
	seqarena ui

# MLflow on PostgreSQL for several people: docs/how-to/server.md.
FOLDER ?= .server
server: setup
	seqarena server $(FOLDER)

test: setup
	$(BIN)/python -m pytest -q -n auto --dist loadfile

test-fast: setup
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not slow"

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(PEERS)/installed
	$(PEERS)/bin/python benchmarks/run_all.py

# An environment on top of the project's, which it sees and never changes. A peer that cannot be
# built here (KenLM wants cmake and a compiler) is left out of the tables.
$(PEERS)/installed: $(VENV)/installed benchmarks/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(BIN)/python -c "import sysconfig as s; print(f'import site; site.addsitedir({s.get_path(\"purelib\")!r})')" \
	  > $$($(PEERS)/bin/python -c "import sysconfig as s; print(s.get_path('purelib'))")/project.pth
	grep -v '^#' benchmarks/peers.txt | while read peer; do \
	  $(PEERS)/bin/python -m pip install --quiet "$$peer" || echo "$$peer: left out"; done
	touch $@

clean-results:
	rm -rf runs reports suites data/prepared .scratch mlflow.db mlflow.db-* mlartifacts
