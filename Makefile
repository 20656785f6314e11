# make run     set up once, then serve the dashboard    PORT=8501 ADDRESS=localhost MODELS=folder
# make classroom  the same for the phones of this network: prints its address and a QR code, lessons first
# make test    set up once, then run every check and the tests, browser included (some 15 minutes)   WORKERS=2
# make test-all  the same, and the tests that are slow and wide (up to an hour)
# make docs    build the documentation into site/; a warning is an error
# make lint    formatting, lint and types only
# make format  let ruff rewrite what it can
# make clean   forget the set-up
#
# Each takes PYTHON=python3.12 (or 3.11, 3.13), used once to create .venv.

PYTHON ?= python3
PORT ?= 8501
ADDRESS ?= localhost
WORKERS ?= 2

VENV_PYTHON := .venv/bin/python
INSTALL := $(VENV_PYTHON) -m pip install --disable-pip-version-check --requirement

# A file's tests share their servers and networks, so they stay in one process; the order of the
# files is tests/conftest.py's.
PARALLEL := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: run classroom test test-all docs lint format clean

run: .venv/installed
	$(if $(MODELS),ATTRIBUTION_MODELS="$(abspath $(MODELS))") $(VENV_PYTHON) -m dashboard serve \
		--server.port $(PORT) --server.address $(ADDRESS)

classroom: .venv/installed
	$(if $(MODELS),ATTRIBUTION_MODELS="$(abspath $(MODELS))") \
		$(if $(LESSONS),ATTRIBUTION_LESSONS="$(abspath $(LESSONS))") $(VENV_PYTHON) -m dashboard classroom \
		--server.port $(PORT)

test: lint docs
	$(VENV_PYTHON) -m tests.browser.chromium
	$(VENV_PYTHON) -m pytest -m "not slow" $(PARALLEL)

test-all: lint docs
	$(VENV_PYTHON) -m tests.browser.chromium
	$(VENV_PYTHON) -m pytest $(PARALLEL)

docs: .venv/installed-docs
	rm -rf site
	$(VENV_PYTHON) -m zensical build --clean --strict

lint: .venv/installed-dev
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m mypy

format: .venv/installed-dev
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m ruff check --fix .

clean:
	rm -rf .venv

# The files below only say that a step was completed: an interrupted step is done again,
# and a changed requirements file is installed again.

.venv/installed: .venv/created requirements.txt
	$(INSTALL) requirements.txt
	@touch $@

.venv/installed-docs: .venv/created requirements-docs.txt
	$(INSTALL) requirements-docs.txt
	@touch $@

.venv/installed-dev: .venv/created requirements.txt requirements-docs.txt requirements-dev.txt
	$(INSTALL) requirements-dev.txt
	@touch $@ .venv/installed .venv/installed-docs

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "Python 3.11, 3.12 or 3.13 is needed (TensorFlow has wheels for these);" \
			"$(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
		echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot create virtual environments: its module ensurepip is missing."; \
		echo "On Debian and Ubuntu, install it: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@
