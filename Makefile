# virtpod: `make up` for a cluster with a VM on it, `make test` for everything that CI runs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help up down kubeconfig setup web images cockpit install-cockpit zipapp pack check unit integration e2e ui bench test

PYTHON := .venv/bin/python
PYTEST := .venv/bin/pytest
UV = $(lastword $(sort $(wildcard $(or $(VIRTPOD_CACHE),$(HOME)/.cache/virtpod)/uv-*/bin/uv)))
DIST := dist

help: ## show this
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

setup: ## install what is missing, make the Python environment
	@python3 cluster/setup.py

up: setup ## a cluster, virtpod on it, and a VM up to its login prompt
	@$(PYTHON) -m cluster install

down: ## stop and remove all that `make up` started; caches stay
	@$(PYTHON) -m cluster down

kubeconfig: ## print the path of the admin kubeconfig
	@$(PYTHON) -m cluster kubeconfig

web: setup ## build the browser's pages, into web/dist
	@$(PYTHON) -m images web

images: ## build the images
	@$(PYTHON) -m images build

cockpit: ## Cockpit in the cluster that `make up` made, with a login by token
	@$(PYTHON) -m images build cockpit
	@$(PYTHON) -m cluster load "$$($(PYTHON) -m images list cockpit | cut -f2)"
	@$(PYTHON) -m cluster kubectl apply --server-side -k manifests/cockpit
	@$(PYTHON) -m cluster kubectl rollout restart --namespace=kubevirt deployment/virt-cockpit
	@$(PYTHON) -m cluster kubectl rollout status --namespace=kubevirt --timeout=180s \
	  deployment/virt-cockpit
	@echo "Cockpit listens on port 30444 of every node; docs/cockpit.md tells how to log in"

# PREFIX=/usr for all users of a machine, PREFIX=~/.local for oneself; DESTDIR for packagers.
PREFIX ?= /usr/local
COCKPIT_PAGE = $(DESTDIR)$(PREFIX)/share/cockpit/virtpod
install-cockpit: ## the pages for the Cockpit of this machine, below PREFIX
	@test -f web/dist/cockpit/manifest.json || { echo "make web comes first" >&2; exit 1; }
	@rm -rf "$(COCKPIT_PAGE)"
	@install -d "$(COCKPIT_PAGE)"
	@install -m 0644 web/dist/cockpit/* "$(COCKPIT_PAGE)"

zipapp: setup pack ## dist/kubectl-virt: the command line as one file, for Pythons as this one

# What uv.lock has for the command line alone, as shiv packs it; C code in it is for this machine.
pack:
	@site=$$(mktemp -d) && trap 'rm -rf "$$site"' EXIT && mkdir -p $(DIST) && \
	$(UV) export --quiet --frozen --no-default-groups --no-emit-project \
	  --output-file "$$site/requirements.txt" >/dev/null && \
	$(UV) pip install --quiet --python $(PYTHON) --target "$$site/all" --require-hashes \
	  --requirements "$$site/requirements.txt" && \
	$(UV) pip install --quiet --python $(PYTHON) --target "$$site/all" --no-deps . && \
	.venv/bin/shiv --site-packages "$$site/all" --entry-point cli.__main__:main --reproducible \
	  --python "/usr/bin/env $$($(PYTHON) -c 'import sys; print("python%d.%d" % sys.version_info[:2])')" \
	  --output-file $(DIST)/kubectl-virt

check: ## linters, types, import rules, generated files
	@$(PYTHON) -m tests.check

unit: ## pure functions, seconds
	$(PYTEST) tests/unit tests/golden
	.venv/bin/node --test --test-reporter=dot 'web/test/**/*.test.ts'

integration: ## real libvirt, namespaces, API server
	$(PYTEST) tests/integration

e2e: ## on the embedded cluster
	$(PYTEST) tests/e2e

ui: ## the browser's pages, in chromium, on the embedded cluster
	$(PYTEST) tests/ui

bench: ## measure; prints a table
	$(PYTHON) -m tests.bench

# Every layer runs, even after one has failed; what `up` left of an older checkout goes first.
test: setup ## everything that CI runs, from nothing
	@failed=; $(MAKE) --keep-going check unit || failed=1; \
	if $(MAKE) down && $(MAKE) up && $(PYTHON) -m cluster kubectl delete vmi --all; \
	then $(MAKE) --keep-going integration e2e ui || failed=1; else failed=1; fi; \
	$(MAKE) down || failed=1; \
	test -z "$$failed"
