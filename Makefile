# Every target works from a clean checkout. It needs Python 3.11 or newer. It needs Go only if Pulumi is not on PATH and
# cannot be downloaded.

ENV := . .state/env &&
STACKS := test live

PYTHON ?= $(or $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done), \
	$(error no Python 3.11 or newer on PATH: install one, or name it with make PYTHON=…))
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_CACHE_DIR ?= $(CURDIR)/.tools/pip
export UV_CACHE_DIR ?= $(CURDIR)/.tools/uv

# Otherwise hundreds of short processes compile the same modules, each for itself.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: browser help up down clean unit test pythons companion providers crash chaos mutants packages bench check docs site wheels tools oldest venv lock engine mariadb

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

up: tools ## Start the sandbox and converge both stacks; PLATFORM=docker: bring the fleet up as containers
ifeq ($(PLATFORM),docker)
	@.venv/bin/python -m tools.shell_environment
	@$(ENV) python -m tools.docker_stack "$(IMAGE)" "$(DATABASE_IMAGE)"
	@$(ENV) pulumi stack select --create docker && pulumi up --yes --skip-preview --suppress-outputs --stack docker
	@$(ENV) python -m tools.docker_stack sites
else
	@.venv/bin/python -m tools.shell_environment
	@$(ENV) mirrors sandbox start && mirrors sandbox seed
	@$(ENV) for stack in $(STACKS); do \
		pulumi stack select --create "$$stack" && pulumi up --yes --skip-preview --suppress-outputs --stack "$$stack" || exit; \
	done
	@$(ENV) for stack in $(STACKS); do mirrors status --stack "$$stack" || [ $$? -eq 2 ] || exit 1; done
	@echo "In this folder:  . .state/env   and then, for example:  pulumi preview -s test"
endif

down: ## Stop everything that make up has started; PLATFORM=docker: remove the containers, and no data
ifeq ($(PLATFORM),docker)
	@$(ENV) pulumi destroy --exclude-protected --yes --skip-preview --stack docker
else
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m tools.docker_engine stop; fi
	@if [ -x .venv/bin/mirrors ] && [ -f .state/env ]; then $(ENV) mirrors sandbox stop; fi
endif

clean: ## Stop everything and remove what was made
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m tools.docker_engine stop; fi
	@if [ -x .venv/bin/mirrors ] && [ -f .state/env ]; then $(ENV) mirrors sandbox reset --yes; fi
	@if [ -d .tools ]; then chmod -R u+w .tools; fi
	@rm -rf .state .tools .venv dist .cache .mypy_cache .pytest_cache .import_linter_cache .hypothesis
	@find . \( -name __pycache__ -o -name .ruff_cache \) -type d -prune -exec rm -rf {} +

unit: venv ## Run the quick part of the unit tests, in seconds, and say how much of the planner they reach
	@MIRRORS_QUICK_TESTS=1 .venv/bin/pytest tests/unit -q -n 2 --cov --cov-report=json
	@.venv/bin/python -m tools.branches

# Five at once on two cores: much of a test's time is a wait for an answer, or for a process to begin.
test: tools ## Run all tests
	@PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$$PATH" pytest -n 5 --dist loadscope --no-loadscope-reorder

engine: venv ## Find a Docker engine for the tests, or start one as root, with images that need no registry
	@.venv/bin/python -m tools.docker_engine start

mariadb: venv ## Find a MariaDB server for the tests, or install Debian's as root
	@.venv/bin/python -m tools.mariadb_server

browser: venv ## Find Chromium for the tests of pages, or install it as root
	@.venv/bin/python -m tools.browser

pythons: venv ## Run the same on Python 3.11, 3.12 and 3.13; PYTHONS="3.12 3.13": on these
	@.venv/bin/python -m nox --session $(if $(PYTHONS),$(PYTHONS:%=unit-%),unit)

companion: venv ## Run the companion app's tests on Python 3.9, 3.11 and 3.13 with Django 4.2, 5.2 and 6.0; or PYTHONS
	@.venv/bin/python -m nox --session $(if $(PYTHONS),$(PYTHONS:%=companion-%),companion)

providers: venv ## Run the example with two public providers under Mocks, in an environment of its own
	@.venv/bin/python -m nox --session providers

oldest: venv ## Run the wire tests and some journeys on the oldest Pulumi that is supported
	@.venv/bin/python -m tools.pulumi_tools --oldest
	@.venv/bin/python -m nox --session oldest

crash: tools ## Kill engine and provider between any two requests, in about half an hour
	@MIRRORS_CRASHES=all PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$$PATH" pytest tests/engine/test_crashes.py

chaos: tools ## Kill at random moments and repair, 200 rounds; ROUNDS=20 SEED=2 JOBS=4, ROUND=37 repeats one
	@PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$$PATH" python -m tests.engine.chaos $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) $(if $(ROUND),--round $(ROUND)) $(if $(JSON),--json)

mutants: tools ## Take each promise out of the code and see a test notice; M=NAME: for one; J=N: N at once
	@PATH="$(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$$PATH" python -m tools.mutants $(if $(J),-j $(J)) $(M)

packages: venv ## Hold the guard's verdict against old code, on public packages; ONLY="wagtail django-axes": on these
	@.venv/bin/python -m tools.packages $(if $(ONLY),$(ONLY:%=--only %),--write) $(if $(JSON),--json)

bench: tools ## Measure beside a script and an empty program; AGAINST=REV N=333: beside another revision, too
	@.venv/bin/python -m tools.bench $(if $(AGAINST),--against $(AGAINST)) $(if $(N),--count $(N)) $(if $(PART),--part $(PART)) \
		$(if $(RUNS),--runs $(RUNS)) $(if $(JSON),--json) $(if $(WRITE),--write)

check: venv ## Run the static checks
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@cd django_mirrors && PYTHONPATH=. MYPYPATH=src ../.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/python -m tools.prose

docs: venv ## Write the pages and the schema that are made of the code
	@.venv/bin/python -m tools.reference

site: venv ## Build the documentation into .state/site, and check its links
	@.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .tools/docs
	@.venv/bin/uv pip sync --quiet --require-hashes --python .tools/docs/bin/python requirements-docs.lock
	@.venv/bin/python -m tools.site

wheels: venv ## Build the wheels into dist, and use them where nothing else is installed
	@.venv/bin/python -m nox --session wheels

tools: venv ## Put Pulumi and its Python language host into .tools/bin
	@.venv/bin/python -m tools.pulumi_tools

# uv keeps .venv as the lock says. The lock has uv, too: a new .venv gets it from there through pip.
venv: ## Make .venv from requirements.lock
	@grep -qsF " $(CURDIR)/.venv" .venv/pyvenv.cfg && .venv/bin/python -c "import uv" 2>/dev/null || { \
		echo "venv: installing the packages of requirements.lock into .venv" && $(PYTHON) -m venv --clear .venv && \
		awk '/^[^ ]/ { uv = /^uv==/ } uv' requirements.lock >.venv/uv.lock && \
		.venv/bin/python -m pip install --quiet --require-hashes --no-deps -r .venv/uv.lock; }
	@.venv/bin/uv pip install --quiet --python .venv --require-hashes --no-deps -r requirements.lock
	@.venv/bin/uv pip install --quiet --python .venv --no-build-isolation --no-deps -e .

lock: venv ## Write the lock files from pyproject.toml, constraints.txt and examples/cms
	@.venv/bin/uv pip compile pyproject.toml mirrors_sandbox/pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-package pulumi-mirrors-sandbox --no-header --all-extras --group dev -c constraints.txt -o requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --group docs -o requirements-docs.lock
	@.venv/bin/uv pip compile examples/dns_and_checks/requirements.txt --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -c requirements.lock -o examples/dns_and_checks/requirements.lock
	@grep -o '"pulumi>=[^"]*"' pyproject.toml | tr -d '"' | .venv/bin/uv pip compile - --quiet --no-deps --resolution lowest \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-oldest.lock
	@for minor in 0 1; do \
		echo "django-cms==5.$$minor.*" | .venv/bin/uv pip compile examples/cms/requirements.txt - --quiet --universal --python-version 3.11 \
			--generate-hashes --no-emit-index-url --no-header -o examples/cms/requirements-5.$$minor.lock || exit; \
	done
