# `make help` lists the targets. Each one installs what it needs on a fresh
# Debian 12 (by apt, with sudo where it is not root; Rust by rustup; Python
# packages into .venv) and nothing when it is there already.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(HOME)/.cargo/bin:$(PATH)

# Cargo profile of `make build`, `make deb` and `make run`: release or dev.
PROFILE ?= release
# The one that `make test-system` packs: what is tested is the package, not its speed.
SYSTEM_PROFILE ?= dev
# Seconds each fuzz target runs.
FUZZ_SECONDS ?= 600
# Arguments for `bytefreezer run` in `make run`.
ARGS ?=

# git: glommio's build script calls it. python3-venv: for .venv.
APT_BUILD := build-essential git pkg-config ca-certificates curl
APT_TEST := python3 python3-venv
# The version that the checked-in object is made with; another one's object is as good, and other bytes.
APT_EBPF := clang-14 llvm-14
# Exporters and collectors of flows for tests/e2e/flow_exporters.py, which skips what is not there.
APT_EXPORTERS := softflowd nfdump nfdump-sflow openvswitch-switch iproute2
APT_SYSTEM := systemd-container debootstrap dbus util-linux procps

CARGO_DEB_VERSION := 3.8.0
CARGO_FUZZ_VERSION := 0.13.2

target_dir := $(or $(CARGO_TARGET_DIR),target)
profile_dir := $(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
binary := $(target_dir)/$(profile_dir)/bytefreezer
package_dir := .cache/package
# The same source gives the same package. Not exported: build scripts would run again at every commit.
source_date_epoch := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || echo 0))

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: needs-build
needs-build:
	@scripts/apt-need.sh $(APT_BUILD)
	@command -v cargo >/dev/null || { echo "installing Rust by rustup"; \
	    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y -q --profile minimal --default-toolchain none; }

# Made once, and again when the pinned versions change.
.venv/stamp: scripts/requirements.txt
	@scripts/apt-need.sh $(APT_TEST)
	rm -rf .venv
	python3 -m venv .venv
	.venv/bin/pip install -q -r scripts/requirements.txt
	touch $@

.PHONY: build
build: needs-build ## build the binary (PROFILE=release|dev)
	# The whole workspace, as the tests do: another selection would build the dependencies anew.
	cargo build --locked --profile $(PROFILE) --workspace --bins

.PHONY: run
run: build ## build and start the appliance with embedded defaults (ARGS="--data-dir DIR")
	exec $(binary) run $(ARGS)

.PHONY: test
test: needs-build .venv/stamp ## all tests, against a real S3 server; says what was skipped
	@scripts/apt-need.sh $(APT_EXPORTERS) || echo "going on without exporters of flows"
	scripts/test.sh

.PHONY: lint
lint: needs-build ## formatting and clippy, warnings are errors
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	# The lock file of the fuzz targets names hotpath's dependencies too.
	cargo metadata --locked --manifest-path fuzz/Cargo.toml --format-version 1 >/dev/null
	cargo clippy --locked --workspace --all-targets -- -D warnings
	for script in scripts/*.sh scripts/lib/*.sh .ci/run packaging/deb/post* packaging/deb/prerm; do bash -n $$script; done

.PHONY: bench
bench: .venv/stamp ## the figures of SPECIFICATION.md, peers in the same run
	@$(MAKE) --no-print-directory build PROFILE=release
	# As the binary sets it for itself.
	MIMALLOC_PURGE_DELAY=10000 cargo bench --locked -p bytefreezer-benches
	cargo run --locked --release -p bytefreezer-benches --bin udp_allocations
	cargo run --locked --release -p bytefreezer-benches --bin decode_cost
	cargo run --locked --release -p bytefreezer-benches --bin filter_cost
	for load in benches/load/*.sh; do \
	    [ -e "$$load" ] || continue; \
	    PATH="$$PWD/.venv/bin:$$PATH" BYTEFREEZER_BIN=$(target_dir)/release/bytefreezer $$load; \
	done

# Each has seeds in fuzz/seeds and a harness in hotpath/tests/fuzz_support. What a run finds goes to fuzz/corpus.
fuzz_targets := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
corpora := $(or $(BYTEFREEZER_CORPORA),../shared/corpora)
# Folders of the public corpora that a target starts from too, where they are there.
fuzz_corpora_body := json webhook ebpf
fuzz_corpora_cef := cef syslog/crowdsec-cef syslog/sc4s
fuzz_corpora_syslog := syslog
# Bytes of the longest input: what a target needs to get everywhere, and no more, because long ones are slow.
fuzz_bytes_capture := 4096
fuzz_bytes_condition := 512
fuzz_bytes_log_reader := 20480

.PHONY: fuzz
fuzz: $(fuzz_targets:%=fuzz-%) ## each fuzz target for FUZZ_SECONDS (600)

.PHONY: $(fuzz_targets:%=fuzz-%)
$(fuzz_targets:%=fuzz-%): fuzz-%: needs-build
	command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz --version $(CARGO_FUZZ_VERSION)
	mkdir -p fuzz/corpus/$*
	# cargo-fuzz asks rustc for what only nightly has.
	RUSTC_BOOTSTRAP=1 cargo fuzz run $* fuzz/corpus/$* fuzz/seeds/$* \
	    $(wildcard $(addprefix $(corpora)/,$(fuzz_corpora_$*))) -- \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 -max_len=$(or $(fuzz_bytes_$*),1024)

.PHONY: ebpf
ebpf: ## compile the agent's program for the kernel again (after a change in appliance/agent/bpf)
	@scripts/apt-need.sh $(APT_EBPF)
	scripts/ebpf-object.sh

.PHONY: deb
deb: build ## the Debian package, in TARGET/debian (PROFILE=dev for a quick one)
	command -v cargo-deb >/dev/null || cargo install --locked cargo-deb --version $(CARGO_DEB_VERSION)
	rm -rf $(package_dir)
	mkdir -p $(package_dir)/man
	$(binary) man $(package_dir)/man
	$(binary) completions bash > $(package_dir)/bash-completion
	SOURCE_DATE_EPOCH=$(source_date_epoch) scripts/deb-changelog.sh > $(package_dir)/changelog
	rm -f $(target_dir)/debian/bytefreezer_*.deb
	SOURCE_DATE_EPOCH=$(source_date_epoch) cargo deb --quiet --locked -p bytefreezer --no-build --profile $(PROFILE) --strip --no-dbgsym \
	    --no-separate-debug-symbols $(if $(filter dev,$(PROFILE)),--fast)
	@dpkg-deb --info $(target_dir)/debian/bytefreezer_*.deb | grep -E 'Package|Version|Depends|Size'

.PHONY: test-system
test-system: ## install the package in a booted systemd and use it (root)
	@scripts/apt-need.sh $(APT_SYSTEM)
	@$(MAKE) --no-print-directory deb PROFILE=$(SYSTEM_PROFILE)
	scripts/test-system.sh $(target_dir)/debian/bytefreezer_*.deb

.PHONY: clean
clean: ## remove what was built (not .venv and .cache: make distclean)
	cargo clean
	rm -rf $(package_dir) fuzz/target fuzz/artifacts

.PHONY: distclean
distclean: clean ## remove .venv and .cache too
	rm -rf .venv .cache
