# Everything that a checkout needs, from a machine with python3 (3.11 or newer), make and a C/C++ compiler.
# Set-up goes into .venv alone. pip asks the package index that the machine is set up for; each file that it
# takes is checked against a hash in requirements*.lock, and names of ours are never looked up on an index.

PYTHON ?= python3
LOCAL ?= 1
PYTEST_ARGS ?= -n auto --maxprocesses 4

venv := .venv
python := $(venv)/bin/python
stamps := $(venv)/.tieout
members := agent_core plugins/compute_estimator plugins/report_search plugins/stock_lookup plugins/code_shield tui
# --no-deps: a lock is complete. --no-build-isolation: build tools are pinned too, so none comes in unchecked.
install := $(python) -m pip install --disable-pip-version-check --progress-bar off --quiet --no-deps \
	--no-build-isolation
pinned := $(install) --require-hashes

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup setup-dev local demo test check lint types imports locale bench lock screenshot clean

# A folder that was moved, or a Python that went away: set up again.
ifneq ($(wildcard $(stamps)/venv),)
ifneq ($(shell $(python) -c "print('works')" 2>/dev/null)$(shell cat $(stamps)/venv),works$(CURDIR))
$(shell rm -rf $(stamps))
endif
endif

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'
	@echo "  PYTHON=…  the python3 to use    LOCAL=0  leave llama.cpp out    PYTEST_ARGS=…  for pytest"

$(stamps)/venv:
	@sh scripts/setup_venv.sh "$(PYTHON)" $(venv)
	@mkdir -p $(stamps) && printf '%s' "$(CURDIR)" >$@

$(stamps)/runtime: requirements.lock | $(stamps)/venv
	@echo "==> installing the pins of requirements.lock"
	@$(pinned) -r requirements.lock
	@touch $@

$(stamps)/members: $(stamps)/runtime pyproject.toml $(addsuffix /pyproject.toml,$(members))
	@echo "==> installing Tieout itself from this folder"
	@$(install) $(addprefix -e ./,$(members)) -e .
	@touch $@

$(stamps)/dev: requirements-dev.lock $(stamps)/runtime
	@echo "==> installing the pins of requirements-dev.lock (tests and checks)"
	@$(pinned) -r requirements-dev.lock
	@touch $@

# llama-cpp-python comes as source only. pip keeps what it built, but does not see CMAKE_ARGS change.
$(stamps)/local: requirements-local.lock $(stamps)/dev
	@$(python) -c 'import llama_cpp' 2>/dev/null || command -v c++ >/dev/null || { \
	  echo "setup: llama.cpp needs a C and C++ compiler (Debian and Ubuntu: apt-get install build-essential;" >&2; \
	  echo "macOS: xcode-select --install). Without the local model: make $(MAKECMDGOALS) LOCAL=0" >&2; exit 1; }
	@echo "==> installing the pin of requirements-local.lock: compiles llama.cpp once, about 3 minutes on 2 cores"
	@PATH="$(CURDIR)/$(venv)/bin:$$PATH" CMAKE_ARGS="-DLLAVA_BUILD=OFF $(CMAKE_ARGS)" \
	  $(pinned) $(if $(CMAKE_ARGS),--no-cache-dir) -r requirements-local.lock
	@touch $@

setup: $(stamps)/members ## Set up .venv with what Tieout needs to run
setup-dev: setup $(stamps)/dev $(if $(filter 0,$(LOCAL)),,$(stamps)/local) ## Set up .venv with tests and checks too
local: setup $(stamps)/local ## Add the local model's engine (llama.cpp, compiled here)

demo: setup ## Set up and answer the sample questions; no key, no network after set-up
	@echo "==> asking the sample questions"
	@PATH="$(CURDIR)/$(venv)/bin:$$PATH" bash examples/demo.sh

test: setup-dev ## Set up and run the tests
	@echo "==> running the tests"
	@$(python) -m pytest $(PYTEST_ARGS)

check: lint types imports test ## Everything that CI checks

lint: setup-dev ## Style: ruff, and pins that satisfy every member
	@echo "==> ruff check, ruff format, pip check"
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m pip check --disable-pip-version-check

types: setup-dev ## Types: pyright, strict in every src/
	@echo "==> pyright"
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(python) -m pyright --pythonpath $(python)

imports: setup-dev ## Layers: import-linter
	@echo "==> import-linter"
	@$(venv)/bin/lint-imports --no-cache

locale: setup-dev ## Bring the message catalogues to the source, and compile them
	@$(python) scripts/catalogues.py extract
	@$(python) scripts/catalogues.py compile

bench: setup-dev ## The figures of the README, measured here
	@for file in benchmarks/bench_*.py; do echo "==> $$file"; $(python) "$$file" || exit 1; done

lock: ## Pin the newest versions that fit into requirements*.lock (needs uv)
	@UV="$$(command -v uv || echo $(venv)/bin/uv)" sh scripts/lock.sh --upgrade

screenshot: setup-dev ## Draw the README's screenshot of the chat again
	@$(python) scripts/screenshot.py

clean: ## Remove .venv and everything built
	rm -rf $(venv) dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
