# Two commands on a fresh machine: `make up` runs the release on a cluster, `make test` proves it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := scripts/uv
RUN := $(UV) run --no-sync
# A test that fails must then pass three times in a row: docs/decisions/2026-11-27-a-test-that-fails-once.md.
PYTEST := $(RUN) python scripts/thrice.py pytest
NODE_TEST := $(RUN) python scripts/thrice.py node
NPM := $(RUN) npm --prefix services/payment
PAGE := $(RUN) npm --prefix services/slot-machine
WITH_DATABASE := scripts/with-database
UNIT := $(addprefix unit-,payment analytics packages game-engine gateway page event-sink coroner)

help: ## Show what there is to make.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## Install the locked packages: Python's into .venv, payment's and the page's into their node_modules.
	@$(UV) sync --quiet --locked --all-packages
	@scripts/node-modules

up: setup ## Make the cluster, build the images, install the release, say what to try.
	@$(RUN) crashctl up

down: setup ## Remove what `make up` made, and nothing else (caches stay).
	@$(RUN) crashctl down

drill: setup ## Fire every scenario at the running release and prove each captured.
	@$(RUN) crashctl drill

load: setup ## Play 50 spins a second for a minute at the running release, and prove that no money is lost.
	@$(RUN) crashctl load --rate 50 --for 60

kills: setup ## Have the kernel kill a hundred containers for memory, and prove that each death is told once.
	@$(RUN) crashctl kills

rollouts: setup ## Replace the pods of every service under 50 faults a second, and prove that none is lost.
	@$(RUN) crashctl rollouts

chaos: setup ## Kill at random for ten minutes under load, and prove that no death, no event and no money is lost.
	@$(RUN) crashctl chaos

generate: setup ## Write what is generated from the catalogue.
	@$(RUN) crashctl generate

format: setup ## Format the Python code.
	@$(RUN) ruff format . && $(RUN) ruff check --fix .

check: setup ## Format, lint, types, import contracts, generated files (seconds, no service).
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy packages/crashkit/src packages/crashctl/src services/game-engine/src services/analytics/src services/event-sink/src services/coroner/src gateway/src
	$(RUN) lint-imports
	$(NPM) run --silent check
	$(PAGE) run --silent check
	$(RUN) crashctl generate --check

unit: setup ## Tests beside the code, catalogue and repository rules (a database in Docker, no cluster).
	$(WITH_DATABASE) $(MAKE) --no-print-directory --jobs=2 --output-sync=target unit-each

unit-each: $(UNIT) ## The tests of `unit`, where MONGODB_URI names a database.

# One process a service, as in a pod: the SDK, the loop and malloc are a process's own, and no service finds another's.
# The longest first: they mostly wait, and two at a time end together.
unit-payment: ## Payment's tests.
	$(NODE_TEST) services/payment
unit-analytics: ## The tests of analytics.
	$(PYTEST) services/analytics
unit-packages: ## The tests of crashkit and crashctl, the catalogue's and the repository's.
	$(PYTEST) packages tests/catalog tests/repository
unit-game-engine: ## The tests of the game engine.
	$(PYTEST) services/game-engine
unit-gateway: ## The tests of the gateway.
	$(PYTEST) gateway
unit-page: ## The tests of the page.
	$(NODE_TEST) services/slot-machine
unit-event-sink: ## The tests of the event sink.
	$(PYTEST) services/event-sink
unit-coroner: ## The tests of the coroner.
	$(PYTEST) services/coroner

charts: setup ## Chart tests (helm, no cluster).
	@$(RUN) crashctl tools helm
	$(PYTEST) tests/charts

integration: setup ## The whole stack as real processes (a database in Docker, no cluster).
	$(WITH_DATABASE) $(MAKE) --no-print-directory --jobs=2 --output-sync=target integration-each

integration-each: integration-senders integration-services ## The tests of `integration`, where MONGODB_URI names a database.

integration-senders: ## Spool, weather, accounts and memory: what is sent, and what keeps it from arriving.
	$(PYTEST) $(addprefix tests/integration/,accounts memory spool weather)
integration-services: ## The services together, the sink, the coroner and the database.
	$(PYTEST) $(addprefix tests/integration/,casino coroner database sink stack)

e2e: setup ## The release on kind and its page in a browser: makes the cluster if there is none, and removes it again.
	@$(RUN) crashctl tools chromium
	scripts/with-cluster $(PYTEST) tests/e2e tests/browser -m cluster

endurance: setup ## Rollouts under faults and a minute of chaos, held to their promises (needs `make up`; not a part of `test`).
	$(PYTEST) tests/endurance -m cluster

browser: setup ## The page in a real browser, on the release that runs (needs `make up`).
	@$(RUN) crashctl tools chromium
	$(PYTEST) tests/browser -m cluster

pictures: setup ## Take the README's pictures of the page that runs (needs `make up`).
	@$(RUN) crashctl tools chromium
	$(RUN) python -m tests.browser.pictures

test: check unit charts integration e2e ## All of the above, cheap ones first.

bench: setup ## Ratios measured side by side: capture latency, gateway against nginx, the page, what is kept (needs `make up`).
	@$(RUN) crashctl tools chromium
	$(UV) sync --quiet --locked --all-packages --group bench
	$(RUN) python -m tests.bench
	$(WITH_DATABASE) $(RUN) python -m tests.bench.cost

bench-cost: setup ## What flight record, spool and book cost a request, beside the same services without them (no cluster).
	$(WITH_DATABASE) $(RUN) python -m tests.bench.cost

bench-loss: setup ## SIGKILL and a burst in Python and Node, and what the spool costs, beside the SDK (no cluster).
	$(RUN) python -m tests.bench.loss
	$(RUN) python -m tests.bench.spool_cost

.PHONY: help setup up down drill load generate format check unit unit-each $(UNIT) charts integration integration-each integration-senders integration-services e2e endurance browser pictures test bench bench-loss bench-cost kills rollouts chaos
