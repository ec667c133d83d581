# Everything here runs in $(VENV), which is made when it is first needed. Written for GNU make 3.81 and up.

VENV := .venv
PORT := 8888
# TORCH=none leaves PyTorch out; everything but live training works without it.
TORCH := auto
# Where `make figures` puts all figures, and `make pictures` those that the README shows.
FIGURES := figures
PICTURES := docs/figures
# PYTHON=/path/to/python3 chooses the Python that makes $(VENV); otherwise the first that is new enough.
PYTHON :=
# THOROUGH=1 tries all combinations where a run otherwise takes turns.
THOROUGH := 0
# PYTEST_ARGS='-k quantizer' goes to pytest as it is.
PYTEST_ARGS :=
# BENCH_ARGS='--quick' tries the benchmarks, and '--out benchmarks/RESULTS.md' keeps their page.
BENCH_ARGS :=

PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check --constraint constraints.txt
TORCH_VERSION := $(shell sed -n 's/^torch==//p' constraints.txt)

# A stamp says: this was installed here, with that choice of TORCH. A moved folder or a Python that has gone starts again.
STAMP := $(VENV)/.done-$(shell pwd | cksum | cut -d' ' -f1)-$(TORCH)
$(shell [ -x $(PY) ] || rm -f $(VENV)/.done-*)

TRAIN := $(if $(filter none,$(TORCH)),,$(STAMP)-torch)
EXTRAS := lab$(if $(filter none,$(TORCH)),,$(shell echo ,train))

.DEFAULT_GOAL := help
.PHONY: help lab test lint figures pictures site data bench screenshots constraints clean

help: ## list what can be made
	@echo "usage: make TARGET [PORT=8888] [TORCH=none] [PYTHON=python3.12] [PYTEST_ARGS='-k name']"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(STAMP)-lab ## open the course in JupyterLab (the first time: install it)
	@$(PY) -m n2uq_viz.cli lab --port $(PORT)

test: $(if $(filter none,$(TORCH)),no-torch) $(STAMP)-test ## lint, types and all tests, browser included
	@$(PY) -m tests.chromium
	@$(MAKE) --no-print-directory lint
	@N2UQ_VIZ_THOROUGH=$(THOROUGH) $(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile \
	  --durations=10 $(PYTEST_ARGS)

.PHONY: no-torch
no-torch:
	@echo "this needs PyTorch: run make $(MAKECMDGOALS) without TORCH=none" >&2; exit 2

lint: $(STAMP)-test ## ruff (rules and format) and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

figures: $(STAMP)-lab ## draw all figures as SVG, PDF and PNG, with a contact sheet, in figures/
	@$(PY) -m n2uq_viz.cli figures --out $(FIGURES) --contact-sheet $(FIGURES)/contact-sheet.pdf --overwrite

pictures: $(STAMP)-lab ## draw the README's pictures again
	@$(PY) -m n2uq_viz.cli figures threshold overview --out $(PICTURES) --format png --theme light --overwrite

site: $(if $(filter none,$(TORCH)),no-torch) $(STAMP)-site ## build the course and the reference as pages to read, in site/
	@$(PY) -m docs.build

data: $(STAMP)-test ## train again what data/training holds: about an hour, goes on where it was stopped
	@$(PY) -m n2uq_viz.study

bench: $(STAMP)-test ## measure speed: all benchmarks on one page
	@$(PY) -m benchmarks $(BENCH_ARGS)

screenshots: $(STAMP)-test ## pictures of the explorers, to look at, in screenshots/
	@$(PY) -m tests.chromium
	@$(PY) -m tests.screenshots

constraints: $(STAMP)-test ## pin what pyproject.toml needs, keeping the pins that still fit
	@$(PIP) uv
	@echo uv | $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras \
	  --no-annotate --no-header --no-strip-markers --output-file constraints.txt pyproject.toml -

clean: ## remove .venv, caches, the site and screenshots; notebooks and saved figures stay
	@rm -rf $(VENV) build dist site screenshots .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "removed .venv, caches, the site and screenshots; notebooks and saved figures stay"

$(VENV)/.done-venv:
	@set -e; found=; \
	for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "n2uq_viz needs Python 3.11 or newer, and there is none ($(or $(PYTHON),python3 and others tried)):" \
	    "install one, or name it: make lab PYTHON=/path/to/python3.12" >&2; exit 2; fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found has no venv module: install it (on Debian and Ubuntu: apt install python3-venv), then make again" >&2; \
	  exit 2; fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV)
	@touch $@

$(STAMP)-torch: $(VENV)/.done-venv constraints.txt
	@set -e; version=$(TORCH_VERSION); \
	if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null 2>&1 && [ ! -e /proc/driver/nvidia ] \
	    && ! $(PY) -c 'import torch' 2>/dev/null; then \
	  echo "No GPU driver found: asking PyTorch for its CPU build"; \
	  $(PIP) uv; \
	  UV_HTTP_CONNECT_TIMEOUT=5 UV_HTTP_TIMEOUT=15 UV_HTTP_RETRIES=0 $(VENV)/bin/uv pip install --quiet \
	    --python $(PY) --torch-backend cpu --no-deps "torch==$$version" 2>/dev/null \
	    || echo "It did not answer: taking the ordinary one, which may be larger"; \
	fi; \
	echo "Installing PyTorch $$version (TORCH=none leaves it out)"; \
	$(PIP) "torch==$$version"
	@touch $@

$(STAMP)-lab: $(VENV)/.done-venv $(TRAIN) pyproject.toml constraints.txt
	@echo "Installing n2uq_viz and JupyterLab into $(VENV): about a minute, once"
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable ".[$(EXTRAS)]"
	@touch $@

$(STAMP)-test: $(STAMP)-lab
	@echo "Installing what the tests need"
	@$(PIP) --no-build-isolation --editable ".[$(EXTRAS),test]"
	@touch $@

$(STAMP)-site: $(STAMP)-lab
	@echo "Installing what the site needs"
	@$(PIP) --no-build-isolation --editable ".[$(EXTRAS),site]"
	@touch $@
