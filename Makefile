# Ninefold: `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin
CHECK_ENV := DATABASE_URL=postgresql:///none REDIS_URL=redis://none SECRET_KEY=none SITE_FEE_BPS=0
PACKAGES := config gallery generation minting

.DEFAULT_GOAL := help
.PHONY: help env demo clean-demo test test-long check lint types doors pytest contracts coverage mutants slither gas bench painter messages screenshots

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

env: ## Python and Node packages from the lock files, cached between clones
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Ninefold needs Python 3.11 or newer; this is %d.%d. Install a newer one and name it: make PYTHON=python3.11 demo" % sys.version_info[:2])'
	@$(PYTHON) config/bootstrap.py

demo: env ## Set everything up, paint, pin, mint, sell and donate, and keep the site open
	@$(BIN)/python -m config.demo

clean-demo: ## Forget the demonstration's data
	@$(PYTHON) config/demo/forget.py

test: env ## Everything that must hold
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory pytest

check: env
	@$(MAKE) --no-print-directory --jobs 2 contracts lint types doors

lint: env
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: env
	@$(CHECK_ENV) $(BIN)/mypy --cache-dir $(BIN)/../mypy-cache $(PACKAGES)

doors: env
	@$(BIN)/lint-imports --no-cache

pytest: env
	@$(BIN)/python -m pytest $(if $(TESTS),$(TESTS),--numprocesses 2 --dist loadfile --no-loadscope-reorder)

test-long: env ## Deaths, reorganisations and lost answers by the hundred and thousand; not part of CI
	@NINEFOLD_LONG=1 $(BIN)/python -m pytest -m long $(or $(TESTS),tests/integration) --durations 12

contracts: env ## Forge's tests; a handful of planted faults; gas as committed
	@PATH="$(CURDIR)/$(BIN):$$PATH"; \
	node minting/solidity/mutants.mjs --handful & other=$$!; \
	node minting/solidity/forge.mjs test && node minting/solidity/gas.mjs --check; here=$$?; \
	wait $$other && exit $$here

coverage: env ## Lines and branches of the contracts that their tests reach, which must be all
	@PATH="$(CURDIR)/$(BIN):$$PATH" && node minting/solidity/coverage.mjs

mutants: env ## Plant every fault of minting/solidity/mutants.json and see that a test fails
	@PATH="$(CURDIR)/$(BIN):$$PATH" && node minting/solidity/mutants.mjs

slither: env ## Static analysis of the contracts, in an environment of its own
	@PATH="$(CURDIR)/$(BIN):$$PATH" && node minting/solidity/slither.mjs

gas: env ## What our transactions cost beside the peers'; writes minting/solidity/gas.json
	@PATH="$(CURDIR)/$(BIN):$$PATH" && node minting/solidity/gas.mjs

bench: env ## Figures against a baseline of the same run: all, or NAME=mints for tests/benchmarks/bench_mints.py
	@$(BIN)/python -m pytest --quiet -o python_files='bench_*.py' -W default $(if $(NAME),tests/benchmarks/bench_$(NAME).py,tests/benchmarks/bench_*.py)

painter: env ## Train our painter: data, MINUTES=60 of training, figures; again to go on (extra `painter`, npm)
	@$(BIN)/python -m generation.painter make $(or $(DIR),.ninefold-painter) --minutes $(or $(MINUTES),60)

messages: env ## Gather the sentences of the pages for translation (needs Debian's gettext)
	@$(CHECK_ENV) $(BIN)/python manage.py makemessages -l ko --no-location --no-wrap -i node_modules -i .venv -i tests -i 'config/*'
	@msgfmt -o locale/ko/LC_MESSAGES/django.mo locale/ko/LC_MESSAGES/django.po

screenshots: env ## Pictures of every page of the running demonstration, into docs/tour
	@$(BIN)/python -m tests.browser.tour http://127.0.0.1:$(or $(PORT),8000) docs/tour ines@ninefold.example .ninefold/keys/demo.password
