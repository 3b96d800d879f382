# Verbs of the workflow. `make help` lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint train evaluate bench bench-classify bench-collect evaluate-collect chaos replay lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

setup: $(VENV)/.ready ## virtual environment with everything pinned by hash

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cần Python 3.11 trở lên (đặt PYTHON=…)"; exit 1; }
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV) || { echo "Cần gói python3-venv"; exit 1; }
	@echo "Cài đặt thư viện vào $(VENV) (lần đầu mất vài phút)…"
	@$(RUN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## the service, with config.yaml
	$(RUN)/monitor run

demo: setup ## the main job on the bundled newsroom: collect, tag, alert, store, digest
	@$(RUN)/monitor demo

test: setup ## every test (PostgreSQL ones when a server is reachable)
	$(RUN)/python -m pytest -m "not shared" -n auto

lint: setup ## style, types, layers, Dockerfile
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/hadolint Dockerfile

train: setup ## refit the models from the corpus in the repository
	$(RUN)/python -m classifiers.train

evaluate: setup ## quality of the labels against the bars, written to docs/MODEL_CARD.md (../shared, newsroom); OPTIONS=--tune-only while choosing
	$(RUN)/python -W ignore -m tests.evaluate_understanding $(OPTIONS)

bench: setup ## items per second and peak memory of tag + cluster + decide + save
	$(RUN)/python -m tests.bench

bench-classify: setup ## understanding's speed as ratios in one run: underthesea, bare TF-IDF, one item, loading, memory
	@$(RUN)/python -W ignore -m tests.bench_classify

bench-collect: setup ## collection's speed as ratios in one run: feeds, rounds, crawl, extraction, near-copies, window
	$(RUN)/python -W ignore -m tests.bench_collect

evaluate-collect: setup ## collection's quality: pages, encodings, dates, near-copies, pairs, stories (../shared where it is there)
	$(RUN)/python -W ignore -m tests.evaluate_collect

chaos: setup ## kill -9 at every point of collection, 25 times each (half an hour)
	$(RUN)/python -m tests.chaos

replay: setup ## serve ../shared/data/replay_items.jsonl as feeds and run `monitor once` over them
	$(RUN)/python -m tests.replay

lock: ## pin pyproject.toml's dependencies anew (needs uv); hashes only, no registry
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade -o requirements.lock

clean: ## remove the environment and everything the demo wrote
	rm -rf $(VENV) var *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
