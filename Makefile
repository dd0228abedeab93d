# `make run` and `make test` do all their own set-up; nothing else needs to be installed first than Python 3.11 with
# venv and pip, and make. `make help` lists the rest.

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help run test check faults skill fuzz servers secrets certs bench lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .venv/ready ## the demonstration: broker, devices, service and console in one process
	@$(BIN)/clearwarn demo

# What starts services has the machine to itself; the rest shares its cores.
test: .venv/ready-dev servers check ## everything CI runs
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 8 --dist loadfile --ignore tests/faults --ignore tests/e2e
	@$(BIN)/python -m pytest -q tests/faults tests/e2e

check: .venv/ready-dev ## linters, types, direction of imports, configuration, rules
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/clearwarn config check
	@said=$$($(BIN)/clearwarn rules check) || { echo "$$said"; exit 1; }
	@$(BIN)/clearwarn dashboards build --check
	@said=$$($(BIN)/clearwarn rules test) || { echo "$$said"; exit 1; }

bench: .venv/ready-dev servers ## measures; prints figures for this machine
	@$(BIN)/python -m tests.bench

skill: .venv/ready-dev ## change detection and quality flags on recorded series; writes tests/skill/RESULTS.md
	@$(BIN)/python -m tests.skill --write

faults: .venv/ready-dev servers ## the whole fault matrix, half an hour; writes tests/faults/RESULTS.md
	@$(BIN)/python -m pytest -q tests/faults --full-faults --write-faults tests/faults/RESULTS.md

fuzz: .venv/ready-dev ## bytes nobody thought of, into the decoders: FUZZ_SECONDS=60 long
	@$(PIP) install --no-build-isolation --editable '.[fuzz]'
	@mkdir -p .fuzz && $(BIN)/python -m tests.fuzz .fuzz -max_total_time=$${FUZZ_SECONDS:-60} -max_len=4096 -timeout=5 -rss_limit_mb=512

secrets: .venv/ready ## passwords, and mosquitto's files from the catalogue, into secrets/; keeps what is there
	@$(BIN)/clearwarn secrets
	@$(BIN)/clearwarn broker acl --container

certs: .venv/ready ## a private CA and the broker's certificate into secrets/; NAMES="mqtt.example 192.0.2.7" RENEW=1
	@$(BIN)/clearwarn broker certs $(foreach name,$(NAMES),--name $(name)) $(if $(RENEW),--renew)

servers: ## mosquitto, influxdb, nginx and chromium from Debian, where we may install them
	@tests/support/servers.sh

# The locks are complete: --no-deps keeps pip from looking for newer versions of what they pin (it does, for extras).
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Clearwarn needs Python 3.11 or later, found $$($(PYTHON) --version 2>&1). 需要 Python 3.11 或更新版本。" >&2; exit 2; }
	@echo "setting up .venv (once, a minute or so) 正在准备运行环境 ..."
	@$(PYTHON) -m venv .venv || { echo "apt-get install python3-venv, then again 请先安装 python3-venv" >&2; exit 2; }
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	@echo "installing what the tests need ..."
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) check
	@touch $@

lock: .venv/ready-dev ## brings both lock files up to date with pyproject.toml
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## removes what was made here, not your data
	@rm -rf .venv .fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
