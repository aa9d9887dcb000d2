# virtpod: `make up` for a cluster with a VM on it, `make test` for everything that CI runs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help up down kubeconfig setup images check unit integration e2e bench test

PYTHON := .venv/bin/python
PYTEST := .venv/bin/pytest

help: ## show this
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what is missing, make the Python environment
	@python3 cluster/setup.py

up: setup ## a cluster, virtpod on it, and a VM up to its login prompt
	@$(PYTHON) -m cluster install

down: ## stop and remove all that `make up` started; caches stay
	@$(PYTHON) -m cluster down

kubeconfig: ## print the path of the admin kubeconfig
	@$(PYTHON) -m cluster kubeconfig

images: ## build the images
	@$(PYTHON) -m images build

check: ## linters, types, import rules, generated files
	@$(PYTHON) tests/check.py

unit: ## pure functions, seconds
	$(PYTEST) tests/unit tests/golden

integration: ## real libvirt, namespaces, API server
	$(PYTEST) tests/integration

e2e: ## on the embedded cluster
	$(PYTEST) tests/e2e

bench: ## measure; prints a table
	$(PYTHON) -m tests.bench

# Every layer runs, even after one has failed; what `up` left of an older checkout goes first.
test: setup ## everything that CI runs, from nothing
	@failed=; $(MAKE) --keep-going check unit || failed=1; \
	if $(MAKE) down && $(MAKE) up && $(PYTHON) -m cluster kubectl delete vmi --all; \
	then $(MAKE) --keep-going integration e2e || failed=1; else failed=1; fi; \
	$(MAKE) down || failed=1; \
	test -z "$$failed"
