# Everything here needs only Python 3.11+ and make. Pass options in ARGS: make up ARGS="--home DIR --api-port 0"
PYTHON ?= python3
ARGS ?=

PIP = .venv/bin/python -m pip --disable-pip-version-check

.PHONY: install install-dev web web-types up demo lint check test test-long chaos bench docs locks clean
.PHONY: check-style check-types check-web check-tests

install: .venv/.installed web

install-dev: .venv/.installed-dev web

# `pip install` takes only packages in the lock, and checks their hashes. Then it links the project itself, without the
# network.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Cadenza needs Python 3.11 or newer; this is %s. Name another with: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	@echo "Installing what Cadenza needs into .venv. Only the first time; about a minute."
	@$(PYTHON) -m venv .venv
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

# Node.js comes with .venv, so the machine needs none. npm takes only packages in the lock, and checks their hashes.
NPM = cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm --silent
WEB_SOURCES = $(shell find web/src web/public -type f) web/index.html web/reference.html web/vite.config.ts web/openapi.json \
	examples/cold-outreach.yaml

web: web/dist/index.html

web/node_modules/.package-lock.json: .venv/.installed web/package.json web/package-lock.json
	@echo "Building the web app: half a minute."
	@$(NPM) ci
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@$(NPM) run build

# Run it after a change of the API: it writes the OpenAPI document and the web app's types. A test fails while they are
# out of date.
web-types: web/node_modules/.package-lock.json
	.venv/bin/python -m api.openapi_document > web/openapi.json
	$(NPM) run types

up: install
	@exec .venv/bin/cadenza up --dev $(ARGS)

demo: install
	@exec .venv/bin/cadenza demo $(ARGS)

PYRIGHT = .venv/bin/pyright --pythonpath .venv/bin/python
PYTEST = .venv/bin/python -m pytest
# Test processes that run at once: three keep two processors busy. They share their servers.
PROCESSES ?= 3
PARALLEL = --numprocesses $(PROCESSES) --dist worksteal

lint: check-style check-types
	$(NPM) run check

# What needs no server but one of Temporal: in a minute or so. Its parts run at the same time.
check: install-dev
	@$(MAKE) --no-print-directory --jobs 4 $(if $(filter output-sync,$(.FEATURES)),--output-sync) \
		check-types check-tests check-web check-style

check-style: install-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports

check-types: install-dev
	$(PYRIGHT)

check-web: install-dev
	$(NPM) run check
	$(NPM) run test

check-tests: install-dev
	$(PYTEST) --quiet --numprocesses 2 --dist worksteal -m "not long" tests/unit tests/architecture

# Every test but the long ones; with ARGS, lint and those tests. docs/testing.md says what each folder proves.
test: $(if $(ARGS),lint,check)
	$(PYTEST) $(PARALLEL) -m "not long" $(or $(ARGS),--ignore=tests/unit --ignore=tests/architecture)

# What takes minutes, and each property with all of its examples; then what depends on dates, on other days.
test-long: install-dev
	$(PYTEST) $(PARALLEL) -m "long or hypothesis" --hypothesis-profile full $(ARGS)
	.venv/bin/python -m tests.clock --fast

# Kills every part while a thousand leads are mailed (docs/survival.md).
chaos: install-dev
	@exec .venv/bin/python -m bench.chaos $(ARGS)

# Every benchmark, one after another: hours. ARGS=--quick runs them at a small size, in minutes; see docs/benchmarks.md.
bench: install-dev
	@exec .venv/bin/python -m bench $(ARGS)

# The documentation as a site, in site/. A dead link, or a page in no menu, fails the build.
docs: install-dev
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build
	@echo site/index.html

# Needs uv. Both locks work for every Python from 3.11 on, on Linux and macOS.
UV_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	--group build pyproject.toml
locks:
	$(UV_COMPILE) --output-file requirements.lock
	$(UV_COMPILE) --group dev --constraints requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf .venv web/dist web/node_modules build dist site *.egg-info .pytest_cache .ruff_cache .import_linter_cache
