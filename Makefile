# Everything a newcomer needs: `make demo`, `make test`, `make up`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.DEFAULT_GOAL := help

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(VENV)/runtime ## Run the whole chain once on the shipped tickets; reports go to demo-out/
	@$(BIN)/piecework demo --out demo-out

up: $(VENV)/runtime ## Serve: web and worker with embedded servers; data in piecework-data/
	@$(BIN)/piecework up

# Tests start the command line many times. Where Python may not keep what it has compiled, each start compiles the project anew.
test: export PYTHONDONTWRITEBYTECODE =
# One worker for each core: threads of the linear algebra beside them would only wait for each other.
test: export OPENBLAS_NUM_THREADS = 1
test: $(VENV)/dev ## Run the whole test suite
	@$(BIN)/python -m tests.pages.chromium
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

bench: $(VENV)/dev ## Measure claim+submit over HTTP against the database's bound (some minutes)
	@$(BIN)/python -m bench

bench-quality: $(VENV)/dev $(VENV)-crowdkit/ready ## Time consensus beside crowd-kit on a million answers (some minutes)
	@$(BIN)/python -m bench.consensus --speed --crowdkit $(VENV)-crowdkit/bin/python

bench-payouts: $(VENV)/dev ## Measure closing, accruing, races, reports and exactness (long)
	@$(BIN)/python -m bench.money
	@$(BIN)/python -m bench.closing
	@$(BIN)/python -m bench.reports

bench-norms: $(VENV)/dev ## Simulate a month of 500 people with and without the fair hand-out; close 10,000 weeks (some minutes)
	@$(BIN)/python -m bench.norms
	@$(BIN)/python -m bench.weeks

bench-pages: $(VENV)/dev ## Measure every page over a year of 500 people: p95 of each (about ten minutes)
	@$(BIN)/python -m bench.pages

lint: $(VENV)/dev ## Check style and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(VENV)/dev ## Check types
	@$(BIN)/mypy

check: test lint types ## Everything that must pass before a commit

lock: ## Write the lock files anew (needs uv)
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev -c requirements.lock --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements-dev.lock

clean: ## Remove the environment and what the demo left
	rm -rf $(VENV) demo-out build dist .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Could not make a virtual environment. On Debian and Ubuntu, install the package python3-venv."; rm -rf $(VENV); exit 2; }

$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked packages (about a minute) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/runtime
	@echo "Installing the locked packages for tests (about a minute) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)-crowdkit/ready: bench/crowdkit.txt
	@echo "Installing crowd-kit into an environment of its own (some minutes) ..."
	@$(PYTHON) -m venv $(VENV)-crowdkit
	@$(VENV)-crowdkit/bin/python -m pip install -q --disable-pip-version-check -r bench/crowdkit.txt
	@touch $@

.PHONY: help demo up test bench bench-quality bench-payouts bench-norms bench-pages lint types check lock clean
