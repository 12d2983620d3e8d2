# Everything runs in .venv, which the first target that needs it creates: Python and its package index
# are enough. `make demo PYTHON=python3.12` picks the interpreter.

PYTHON ?= python3
JOBS ?= 4
BIN := .venv/bin
READY := .venv/.ready
# The tests whose coverage is measured, which takes time: they cover the core and the memory backend.
COVERED := tests/core tests/backends/memory tests/backends/conformance/test_memory.py
# What `make test` leaves to `make full`, because it takes long: the tests of the test servers, the suite on a second
# kind of MongoDB and on DuckDB, schemas whose making is killed after each statement, and rollbacks of a replica set.
ONLY_FULL := --ignore=tests/engines --ignore=tests/backends/mongo/test_rollbacks.py \
	--ignore=tests/backends/sql/schemas/test_interrupted.py --ignore=tests/backends/sql/schemas/test_upgrading.py \
	--deselect=tests/backends/conformance/test_mongo.py::TestMongoReplicaSet \
	--deselect=tests/backends/conformance/test_sql.py::TestDuckdb

export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
# Behind a proxy with a certificate of its own, the system knows that certificate.
export UV_SYSTEM_CERTS ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test full chaos steady bench lowest lint types check format contract lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: $(READY)  ## tune the SQLite of this machine for about 20 seconds
	$(BIN)/trialstore demo

test: $(READY)  ## run the tests; core and memory must be covered to the last branch
	$(BIN)/coverage erase
	$(BIN)/pytest -n $(JOBS) --cov --cov-report= $(COVERED) $(PYTEST_ARGS)
	$(BIN)/coverage report --include='core/*,backends/memory/*' --fail-under=100
	$(BIN)/pytest -n $(JOBS) $(ONLY_FULL) $(COVERED:%=--ignore=%) $(PYTEST_ARGS)

full: $(READY)  ## run every test, and more rounds of some
	$(BIN)/pytest -n $(JOBS) --rounds=20 $(PYTEST_ARGS)

chaos: $(READY)  ## many runners on each engine, killed and paused for a minute and a half
	TRIALSTORE_CONFORMANCE_PROFILE=thorough $(BIN)/pytest -n 2 tests/backends/conformance -k "in_chaos or long_queue or claimed_by_two_threads" $(PYTEST_ARGS)

steady: $(READY)  ## run the conformance suite on memory and SQLite, 20 times with other seeds
	TRIALSTORE_CONFORMANCE_PROFILE=varied $(BIN)/pytest -n $(JOBS) --runs=20 tests/backends/conformance -k "Memory or Sqlite" $(PYTEST_ARGS)

bench: $(READY)  ## time trialstore beside its peers and the bare drivers, and write docs/performance.md
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

lowest: $(BIN)/uv  ## run the tests with the oldest dependencies that are allowed
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-lowest
	$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct --editable '.[all]' --group dev
	.venv-lowest/bin/pytest -n $(JOBS) $(PYTEST_ARGS)

lint: $(READY)  ## check style, format and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(READY)  ## check types, with mypy and with pyright
	$(BIN)/mypy .
	$(BIN)/pyright

check: lint types test  ## all that CI runs

format: $(READY)  ## reformat, and mend what can be mended safely
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

contract: $(READY)  ## write docs/contract.md anew from the conformance suite
	$(BIN)/python -m trialstore_conformance.contract_page > docs/contract.md

lock: $(BIN)/uv  ## bring uv.lock up to date with pyproject.toml
	$(BIN)/uv lock

clean:  ## remove the environment and every cache
	rm -rf .venv .venv-lowest .venv-peers .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist

$(READY): pyproject.toml uv.lock | $(BIN)/uv
	@echo "Setting up .venv; this takes a minute or two, once."
	@$(BIN)/uv sync --quiet --locked --all-extras
	@touch $@

$(BIN)/uv:
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
