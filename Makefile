# What people do with iconql. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Which icons `make run` imports: starter (eight popular sets) or all (every set there is, 465 MB).
ICONS ?= starter
IMPORT := $(or $(CARGO_TARGET_DIR),target)/release/iconql import
SERVE := $(or $(CARGO_TARGET_DIR),target)/release/iconql serve
# What `cargo test` has built, for the tests that are not in Rust.
UNDER_TEST := $(or $(CARGO_TARGET_DIR),target)/debug/iconql-under-test

PAGES := $(patsubst frontend-examples/%,api/assets/pages/%,$(wildcard frontend-examples/*/index.html))
PAGE_SOURCES := schema/schema.graphql \
	$(shell find frontend-examples \( -name node_modules -o -path frontend-examples/clients \) -prune -o -type f -print)
SCRIPTS := $(wildcard scripts/*.sh benches/*.sh) .ci/run

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: run
run: ## build, import icons (ICONS=starter|all) with their keywords, and serve; LISTEN, DATABASE_URL and the rest pass through
	@$(MAKE) --no-print-directory ui || echo "make: the pages could not be built: going on without the change" >&2
	cargo build --release --package api
	@sets=$$(scripts/icons.sh "$(ICONS)") && tr '\n' '\0' <<<"$$sets" | xargs -0 $(IMPORT)
	@packages=$$(scripts/keywords.sh) && $(IMPORT) --keywords "$$packages"
	@exec $(SERVE)

.PHONY: test
test: ui ## every test, on SQLite and on PostgreSQL, and the pages in a browser
	@scripts/icons.sh starter >/dev/null
	@scripts/icons.sh all >/dev/null
	@scripts/keywords.sh >/dev/null
	@scripts/npm-ci.sh tests/oracle
	@scripts/npm-ci.sh tests/clients
	@scripts/npm-ci.sh frontend-examples
	scripts/postgres.sh scripts/redis.sh cargo test --workspace
	CHROMIUM=$$(scripts/chromium.sh) && export CHROMIUM ICONQL_BIN="$(abspath $(UNDER_TEST))" && npm test --prefix frontend-examples

.PHONY: soak
soak: ## long runs: importers killed at hundreds of moments, a server through many imports
	@scripts/icons.sh starter >/dev/null
	scripts/postgres.sh scripts/redis.sh cargo test --package tests --test soak

.PHONY: fuzz
fuzz: ## random input for the document stage, ids and cursors, the SVG check and the importer; FUZZ_SECONDS=600 each
	scripts/fuzz.sh

.PHONY: check
check: ## format, lints, docs, licences, sources and scripts
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	scripts/cargo-deny.sh check bans licenses sources
	@for script in $(SCRIPTS); do bash -n "$$script"; done
	@if command -v shellcheck >/dev/null; then shellcheck --external-sources $(SCRIPTS); \
	else echo "make: shellcheck is not installed: the scripts were only parsed" >&2; fi

.PHONY: bench
bench: ## measurements inside and beside peers, an hour and fifty minutes; on a calm machine
	@mkdir -p target/bench
	scripts/redis.sh cargo bench --package benches | tee target/bench/criterion.txt
	benches/import.sh
	benches/compare.sh
	@status=0; for bench in fronts transport relevance search caching usage live feedback picker; do benches/$$bench.sh || status=1; done; \
	node benches/table.mjs | tee target/bench/table.md; exit $$status

.PHONY: ui
ui: $(PAGES) ## the pages, into the binary's assets; only when their sources changed
	@:

# One build writes all of them.
$(PAGES) &: $(PAGE_SOURCES)
	scripts/npm-ci.sh frontend-examples
	npm run build --prefix frontend-examples
	@touch $(PAGES)

.PHONY: clean-data
clean-data: ## remove data/: the embedded database and the downloaded icons
	rm -rf data
