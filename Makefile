# Every target sets up what it needs. Nothing is installed outside of .venv, except by .ci/run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPILED := build/compiled/venv
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help setup demo test format lint type imports generated pytest lock upgrade generate bench soak chaos wheel \
	compiled image clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Create the virtual environment in .venv from the locked requirements

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	scripts/install-locked $(VENV) requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Start everything on this machine, with simulated customers, and print the addresses
	$(BIN)/selfserve demo

test: format-check lint type imports generated pytest ## Everything that CI runs on the source tree

format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

.PHONY: format-check
format-check: $(READY)
	$(BIN)/ruff format --check --quiet .

lint: $(READY) ## Look for mistakes
	$(BIN)/ruff check --quiet .

type: $(READY) ## Check the types
	$(BIN)/mypy

imports: $(READY) ## Check which part imports which
	$(BIN)/lint-imports --no-cache

generated: $(READY) ## Check that the generated files are current and break no producer
	$(BIN)/python -m schemas.generate --check
	$(BIN)/selfserve generate --check

# A file stays in one process, so that what its tests share is made once; tests/conftest.py puts the longest first.
pytest: $(READY) ## Run the tests alone; choose with ARGS='-k ... tests/...'
	$(BIN)/pytest $(or $(ARGS),--numprocesses 2 --dist loadfile --no-loadscope-reorder)

generate: $(READY) ## Write the generated files
	$(BIN)/python -m schemas.generate
	$(BIN)/selfserve generate

lock: $(READY) ## Bring the requirement files in line with pyproject.toml, keeping versions where possible
	$(LOCK) --extra kafka --output-file requirements.lock >/dev/null
	$(LOCK) --extra kafka --extra generate --group dev --constraints requirements.lock --output-file requirements-dev.lock >/dev/null

upgrade: $(READY) ## As lock, with the newest versions that are allowed
	$(LOCK) --upgrade --extra kafka --output-file requirements.lock >/dev/null
	$(LOCK) --upgrade --extra kafka --extra generate --group dev --constraints requirements.lock --output-file requirements-dev.lock >/dev/null

bench: $(if $(PURE),$(READY),installed) ## Measure the compiled worker, or with PURE=1 that of the source tree; options with ARGS='--record'
	$(if $(PURE),$(BIN),$(COMPILED)/bin)/selfserve bench $(ARGS)

chaos: $(READY) ## Kill workers and brokers under load for ten minutes or longer; other times with MINUTES=...
	SELFSERVE_SOAK_MINUTES=$(or $(MINUTES),10) $(BIN)/pytest -m crash -s -k stay_exact tests/crash

soak: $(READY) ## As chaos, for four hours
	SELFSERVE_SOAK_MINUTES=$(or $(MINUTES),240) $(BIN)/pytest -m crash -s -k stay_exact tests/crash

wheel: $(READY) ## Build the wheels into dist, pure and compiled, and try them in an environment of their own
	scripts/build-wheels $(BIN)/python
	scripts/check-wheel $(BIN)/python dist/selfserve-*.whl

image: $(READY) ## Take the build steps of the container image without Docker, and try what comes of them
	scripts/check-image $(BIN)/python

compiled: installed ## Run the core's tests against the compiled wheel; others with ARGS='tests/...'
	scripts/test-compiled $(COMPILED)/bin/python $(ARGS)

# The compiled wheel as production installs it, with what tests and measurements need, apart from .venv.
.PHONY: installed
installed: $(COMPILED)/.ready
	scripts/build-wheels $(COMPILED)/bin/python --compiled
	$(COMPILED)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall dist/selfserve-*-cp*.whl

$(COMPILED)/.ready: requirements-dev.lock
	$(PYTHON) -m venv --clear $(COMPILED)
	scripts/install-locked $(COMPILED) requirements-dev.lock
	@touch $@

clean: ## Remove everything that can be made again, the virtual environment included
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find app streams schemas tests -name __pycache__ -type d -prune -exec rm -rf {} +
