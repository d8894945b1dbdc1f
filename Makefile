# The front door. `make demo` and `make test` build the environment themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Tests wait for processes and sockets part of their time: two cores keep three workers busy.
PYTEST_WORKERS ?= 3

.PHONY: demo sandbox bench test check lint types imports unit fix snap docs screenshot wheel lock setup clean help

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(STAMP)  ## Build .venv with the locked dependencies

$(STAMP): requirements/dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lwstui needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## Sandbox, embedded controller and console with the example sets
	@$(BIN)/lwstui demo

sandbox: $(STAMP)  ## A small Kubernetes API with simulated GPU nodes on loopback
	@$(BIN)/lwstui sandbox

test: check unit  ## Lint, types, import contracts and all tests: what CI runs

check: lint types imports

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/pytest -n $(PYTEST_WORKERS) --dist worksteal

fix: $(STAMP)  ## Format and apply the safe fixes of the linter
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## Measure what controller, sandbox and console cost
	$(BIN)/python -m benchmarks.controller
	$(BIN)/python -m benchmarks.sandbox
	$(BIN)/python -m benchmarks.console

snap: $(STAMP)  ## Take the screen snapshots anew (look at the difference before committing)
	$(BIN)/pytest tests/tui --snapshot-update

docs: $(STAMP)  ## Generate the reference pages
	$(BIN)/python -m lwstui.tui.reference > docs/reference/keys.md
	$(BIN)/python -m lwstui.sandbox.scenarios.page > docs/guide/scenarios.md

screenshot: $(STAMP)  ## Take the picture of the README from a real run
	$(BIN)/python -m tests.support.screenshot docs/guide/dashboard.svg

wheel: $(STAMP)  ## Build the distribution
	$(BIN)/python -m build

lock: $(STAMP)  ## Resolve the dependencies anew
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --extra dev --all-build-deps --output-file requirements/dev.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
