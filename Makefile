# make run · make test · make check · make fuzz · make chaos — see README.md. Everything is installed into .venv from constraints.txt.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
INSTANCE ?= instance
VENV := .venv
BIN := $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE # a hub is started some hundred times by the tests, and compiled once
.PHONY: run test test-all check docs messages screenshots fuzz chaos bench bench-face bench-search bench-web audit clean

run: $(VENV)/.installed
	@$(BIN)/python tools/run.py --instance "$(INSTANCE)" --port "$(PORT)"

test: $(VENV)/.installed-test
	@tools/servers.sh
	@$(MAKE) --no-print-directory check & \
		$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/browser && \
		{ wait $$! || { echo "The tests pass; style, types or catalogues do not: run make check."; exit 1; }; }
	@$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder tests/browser

test-all: test # and what takes hours
	@$(BIN)/python -m pytest -m long -n 2 --ignore tests/browser
	@$(BIN)/python -m pytest -m long -n 2 tests/browser

fuzz: $(VENV)/.installed-test
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),2000) $(BIN)/python -m pytest tests/test_fuzzing.py

chaos: $(VENV)/.installed-test
	@tools/servers.sh
	@CHAOS_KILLS=$(or $(CHAOS_KILLS),300) $(BIN)/python -m pytest -s -m "long or not long" tests/test_chaos.py

check: $(VENV)/.installed-test
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python tools/messages.py --check

docs: $(VENV)/.installed-test
	@$(BIN)/python tools/hooks.py
	@$(BIN)/python tools/api.py

messages: $(VENV)/.installed-test
	@$(BIN)/python tools/messages.py

screenshots: $(VENV)/.installed-test
	@tools/servers.sh
	@$(BIN)/python tools/screenshots.py

bench-search: $(VENV)/.installed-test
	@$(BIN)/python bench/search/run.py 20000 100000

bench-web: $(VENV)/.installed-test
	@command -v wrk >/dev/null || tools/need.sh wrk
	@$(BIN)/python bench/web/run.py

bench-face: $(VENV)/.installed-test
	@$(BIN)/python bench/face/run.py

bench: bench-web bench-search bench-face
	@$(BIN)/python bench/map/run.py
	@$(BIN)/python bench/news/run.py

audit: $(VENV)/.installed-test
	@tools/audit.sh

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hub needs Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); tools/need.sh python3-venv && $(PYTHON) -m venv $(VENV); } \
		|| { echo "The module venv is missing. Run: apt-get install python3-venv"; exit 1; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing (first time: a minute or two) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . \
		|| { echo "The installation failed; see the lines above. Is the package index reachable?"; exit 1; }
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing what tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]' \
		|| { echo "The installation failed; see the lines above."; exit 1; }
	@touch $@

clean:
	rm -rf $(VENV) .venv-audit build dist *.egg-info
