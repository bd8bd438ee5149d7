# Everything that a developer runs. It needs Python 3.11 or newer, make, and access to a package registry.

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-deployed up down redrive restore check messages bench deploy smoke

# The first suitable Python on the PATH, unless one is named: make test PYTHON=/opt/python3.13/bin/python3
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
	&& { echo "$$python"; exit; }; done; echo python3)

STAGE ?= dev

# The tests that are run, and how: make test TESTS=tests/domain PYTEST_ARGS=-x
TESTS ?= tests
PYTEST_ARGS ?=

VENV := .local/venv
ENVIRONMENTS := $(PYTHON) -m dev.environments

# Exported, not written before each command: then make runs Python itself, and signals reach it.
demo test test-fast test-deployed up down redrive restore check messages bench: export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/whenthen

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

demo: ## Set everything up, run three stories on the local stack, and show what happened
	@$(ENVIRONMENTS) emulator sam
	@$(VENV)/emulator/bin/python -m dev.demo

test: ## Set everything up and run all tests, those on a deployed local stack included, the fast ones on the deployed Python too
	@$(ENVIRONMENTS) emulator sam test
	@$(VENV)/test/bin/python -m dev run test -- \
		$(VENV)/test/bin/python -m pytest -n auto --dist loadgroup $(PYTEST_ARGS) $(TESTS)
	@$(VENV)/test/bin/python -m dev.deployed_tests --if-found $(PYTEST_ARGS) $(TESTS)

test-fast: ## Run the tests that need neither a deployed stack nor many seconds each: a few minutes
	@$(ENVIRONMENTS) test
	@$(VENV)/test/bin/python -m pytest -n auto --dist worksteal -m "not long" --ignore=tests/e2e $(PYTEST_ARGS) $(TESTS)

test-deployed: ## Run the fast tests on the Python that the functions are deployed on
	@$(PYTHON) -m dev.deployed_tests $(PYTEST_ARGS) $(TESTS)

up: ## Start the local stack, or renew it if its sources changed, and leave it running
	@$(ENVIRONMENTS) emulator sam
	@$(VENV)/emulator/bin/python -m dev up

down: ## Stop every local stack of this checkout
	@if [ -x $(VENV)/emulator/bin/python ]; then $(VENV)/emulator/bin/python -m dev down; fi

redrive: ## List dead letters, or put them back: make redrive [QUEUE=email] [STACK=whenthen-dev] [REASON=] [LIMIT=] [DO=list|show|dry-run|purge]
	@$(ENVIRONMENTS) emulator
	@$(VENV)/emulator/bin/python -m dev.redrive "$(QUEUE)" "$(STACK)" \
		--reason="$(REASON)" --limit="$(LIMIT)" --do="$(DO)" --sure="$(SURE)"

restore: ## Put restored tables in place of a deployed stack's: make restore STACK=whenthen-prod DO=stop|compare|write|go [FROM=restored]
	@$(ENVIRONMENTS) emulator
	@$(VENV)/emulator/bin/python -m dev.restore "$(STACK)" --do="$(DO)" --from="$(FROM)" --sure="$(SURE)"

check: ## Check format, style, types and the template
	@$(ENVIRONMENTS) check checkov
	@$(VENV)/check/bin/python -m dev.check

messages: ## Bring the texts of all languages to what the sources declare, and tell what is missing
	@$(ENVIRONMENTS) check
	@$(VENV)/check/bin/python -m dev.messages update
	@$(VENV)/check/bin/python -m dev.messages check
	@$(VENV)/check/bin/python -m dev.reasons

bench: ## Run every benchmark, each beside its peers, and print a table of ratios
	@$(ENVIRONMENTS) bench emulator sam
	@$(VENV)/bench/bin/python -m benchmarks
	@$(VENV)/emulator/bin/python -m benchmarks.pipeline
	@$(VENV)/emulator/bin/python -m benchmarks.beside_imports

deploy: ## Deploy to the AWS account that the environment's credentials name: make deploy STAGE=prod
	@$(PYTHON) -m dev.pythons > /dev/null # it compiles the layers: where it is missing this says so, before all else
	@$(ENVIRONMENTS) sam
	@PYTHONPATH=$(CURDIR) $(VENV)/sam/bin/python -m dev.limits $(STAGE)
	WHENTHEN_DEPLOYED_PYTHON="$$($(PYTHON) -m dev.pythons)" $(VENV)/sam/bin/sam build --config-env $(STAGE)
	$(VENV)/sam/bin/sam deploy --config-env $(STAGE)

smoke: ## Play the demo's stories on a deployed stack, without a message to anybody: make smoke STAGE=dev
	@$(ENVIRONMENTS) emulator
	@PYTHONPATH=$(CURDIR):$(CURDIR)/layers/whenthen $(VENV)/emulator/bin/python -m dev.smoke $(STAGE)
