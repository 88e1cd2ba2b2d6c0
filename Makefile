# The two commands: `make demo` and `make test`. Each does all its own set-up on a machine that has
# Rust, Python >= 3.11 and Node >= 20. `make faces` rewrites what is generated, `make bench` measures.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
export CARGO_TARGET_DIR ?= $(CURDIR)/target
# The wheel has its own folder: maturin and cargo would rebuild each other's pyo3.
WHEEL_TARGET := $(CARGO_TARGET_DIR)/wheel
PYTHON ?= python3
VENV := $(CURDIR)/.venv
PY := $(VENV)/bin/python
DATA ?=
OUT ?= season.html
CARGO_FLAGS := --locked

.PHONY: demo test steps tools rust node python packages small-bench bench bench-accuracy bench-million bench-counts bench-promo bench-launch bench-faces bench-arrow bench-rivals bench-rivals-forecast faces clean simulate fuzz

demo: tools-rust
	@start=$$(date +%s); \
	cargo run --release $(CARGO_FLAGS) -q -p trousse-examples --bin season -- "$(DATA)" --out "$(OUT)"; \
	echo "make demo took $$(( $$(date +%s) - start )) s"

test: tools
	@start=$$(date +%s); $(MAKE) steps; echo "make test passed in $$(( $$(date +%s) - start )) s"

steps: rust node python packages small-bench

tools-rust:
	@command -v cargo >/dev/null || { echo "trousse needs Rust 1.88 or newer (cargo is not on the PATH)"; exit 2; }

tools: tools-rust
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "trousse needs Python 3.11 or newer as $(PYTHON)"; exit 2; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "trousse needs Node 20 or newer"; exit 2; }

# Rust: format, lints, unit tests, doctests (README's too), vectors, crash test, surface.
rust:
	@echo "== rust"
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) -q --workspace --all-targets -- -D warnings
	cargo test $(CARGO_FLAGS) -q --workspace
	cargo run $(CARGO_FLAGS) -q -p trousse-tests --bin surface -- --check

# Node: the addon, what is generated, the tests.
node: bindings-node/node_modules/.package-lock.json
	@echo "== node"
	cd bindings-node && npm run --silent build
	cd bindings-node && npm run --silent check
	git diff --exit-code -- bindings-node/native.d.ts
	npm install --silent --no-audit --no-fund --prefix tests/node
	node --test tests/node/

bindings-node/node_modules/.package-lock.json: bindings-node/package-lock.json
	cd bindings-node && npm ci --no-audit --no-fund --silent
	@touch $@

# Python: the wheel in a private environment, what is generated, the tests.
python: $(VENV)/.ready
	@echo "== python"
	$(PY) bindings-python/generate.py --check
	rm -rf $(WHEEL_TARGET)/wheels
	CARGO_TARGET_DIR=$(WHEEL_TARGET) $(VENV)/bin/maturin build $(CARGO_FLAGS) -q --profile dev -m bindings-python/Cargo.toml
	CARGO_TARGET_DIR=$(WHEEL_TARGET) $(VENV)/bin/maturin generate-stubs $(CARGO_FLAGS) -q -m bindings-python/Cargo.toml -o $(WHEEL_TARGET)/stubs
	$(PY) bindings-python/generate.py --stubs $(WHEEL_TARGET)/stubs/trousse/_core.pyi --check
	$(PY) -m pip install -q --force-reinstall --no-deps $(WHEEL_TARGET)/wheels/*.whl
	$(PY) -m pytest -q tests/python

$(VENV)/.ready: tests/python/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q -U pip
	$(PY) -m pip install -q -r tests/python/requirements.txt
	@touch $@

# What is shipped installs into empty folders without a toolchain and runs the quick starts.
packages:
	@echo "== packages"
	PY="$(PYTHON)" WHEELS="$(WHEEL_TARGET)/wheels" bash tests/packages.sh

small-bench:
	@echo "== benchmarks, small"
	SMALL=1 cargo test $(CARGO_FLAGS) -q -p trousse-benches --benches

# Worlds on a failing disk against a naive model: `make simulate RUNS=100000`, a million, or `SEED=7` for one with its log.
RUNS ?= 100000
simulate: tools-rust
	RUNS=$(RUNS) $(if $(SEED),SEED=$(SEED)) cargo test --release $(CARGO_FLAGS) -q -p trousse-tests --test simulation worlds -- --nocapture

# Each fuzz target for so many seconds; cargo-fuzz once: `cargo install cargo-fuzz --locked`.
SECONDS ?= 600
FUZZ_TARGETS := journal snapshot event door
fuzz:
	for target in $(FUZZ_TARGETS); do \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $$target -- -max_total_time=$(SECONDS) -max_len=4096 -timeout=25; \
	done

bench:
	cargo bench $(CARGO_FLAGS) -q -p trousse-benches

# Counts and stock-outs on the public sets in DATA (`benches/benches/counts.rs` says which), one thread.
bench-counts:
	RAYON_NUM_THREADS=1 cargo bench $(CARGO_FLAGS) -q -p trousse-benches --bench counts -- "$(abspath $(DATA))"

# Promotions known ahead on dominicks_oj_promo in the folder DATA, one thread.
bench-promo:
	RAYON_NUM_THREADS=1 cargo bench $(CARGO_FLAGS) -q -p trousse-benches --bench promo -- "$(abspath $(DATA))"

# A million weekly series in one call: time and memory.
bench-million:
	cargo bench $(CARGO_FLAGS) -q -p trousse-benches --bench million

# New products on online_retail_weekly_2010 in the folder DATA, one thread.
bench-launch:
	RAYON_NUM_THREADS=1 cargo bench $(CARGO_FLAGS) -q -p trousse-benches --bench launch -- "$(abspath $(DATA))"

# Accuracy of the forecasts on the sets in the folder DATA; a model's name in MODELS scores it alone.
bench-accuracy: tools-rust
	cargo bench $(CARGO_FLAGS) -q -p trousse-benches --bench accuracy -- "$(abspath $(DATA))" $(MODELS)

# The forecasts beside anofox-forecast, augurs and, in an environment of its own, statsforecast; one thread, one run.
bench-rivals-forecast:
	cd benches/rivals/forecast && cargo build -q --release $(CARGO_FLAGS) && \
	  RAYON_NUM_THREADS=1 cargo run -q --release $(CARGO_FLAGS) -- "$(abspath $(DATA))"
	test -x .venv-rivals/bin/python || { $(PYTHON) -m venv .venv-rivals && .venv-rivals/bin/pip install -q -r benches/rivals/forecast/requirements.txt; }
	OMP_NUM_THREADS=1 NIXTLA_NUMBA_CACHE=1 .venv-rivals/bin/python benches/rivals/forecast/statsforecast_race.py "$(abspath $(DATA))"

# trousse beside SQLite, redb and fjall, in one run on one disk (FOLDER says which).
bench-rivals:
	cd benches/rivals && cargo run -q --release

# The ledger through Python and Node, release builds. Afterwards `make node` builds the addon for tests again.
bench-faces: $(VENV)/.ready bindings-node/node_modules/.package-lock.json
	cd bindings-node && npm run --silent build -- --release
	rm -rf $(WHEEL_TARGET)/release-wheels
	CARGO_TARGET_DIR=$(WHEEL_TARGET) $(VENV)/bin/maturin build $(CARGO_FLAGS) -q --release -m bindings-python/Cargo.toml -o $(WHEEL_TARGET)/release-wheels
	$(PY) -m pip install -q --force-reinstall --no-deps $(WHEEL_TARGET)/release-wheels/*.whl
	$(PY) benches/faces/ledger.py
	node benches/faces/ledger.mjs

# Frames in and out, memory and time, of the release wheel and addon that `make bench-faces` built last.
bench-arrow:
	$(PY) benches/faces/arrow.py
	node benches/faces/frames.mjs

# Rewrites the surface and the layers generated from it.
faces: $(VENV)/.ready bindings-node/node_modules/.package-lock.json
	cargo run $(CARGO_FLAGS) -q -p trousse-tests --bin surface
	$(PY) bindings-python/generate.py
	cd bindings-node && npm run --silent build && npm run --silent generate

clean:
	rm -rf target .venv bindings-node/node_modules bindings-node/*.node season.html season.trousse
