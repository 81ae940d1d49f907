#!/usr/bin/env bash
# Runs the tests of the workspace, then the end-to-end scripts in tests/e2e, and
# ends with a list of what was skipped and why. `make test` calls it with the
# tools in place; it can be called alone with arguments for nextest.
#
# A test that cannot run prints a line "skipped: REASON" and passes; an
# end-to-end script prints the same and exits 77.
set -euo pipefail
cd "$(dirname "$0")/.."

target_dir=${CARGO_TARGET_DIR:-target}
if [ -d .venv/bin ]; then
    PATH="$PWD/.venv/bin:$PATH"
fi
export BYTEFREEZER_CORPORA=${BYTEFREEZER_CORPORA:-$PWD/../shared/corpora}

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
result=0

run_rust_tests() {
    if command -v cargo-nextest >/dev/null; then
        # Output of passing tests goes to the JUnit file only (.config/nextest.toml).
        local junit="$target_dir/nextest/default/junit.xml"
        rm -f "$junit"
        cargo nextest run --workspace --no-fail-fast "$@" || result=1
        cp "$junit" "$logs/rust" 2>/dev/null || true
        return
    fi
    echo "cargo-nextest is not here: plain cargo test, one crate after the other"
    cargo test --workspace --no-fail-fast -- --show-output >"$logs/rust" 2>&1 || result=1
    grep -E '^test result|^test .*FAILED|^error' "$logs/rust" || true
    sed -n '/^failures:$/,/^test result/p' "$logs/rust"
}

run_end_to_end() {
    local script status
    # The tests above have built the binary. To ask cargo for it alone would build most dependencies anew, without the
    # features that tests add to them.
    [ -x "$target_dir/debug/bytefreezer" ] || cargo build --locked --workspace --bins
    for script in tests/e2e/*.py; do
        [ -e "$script" ] || continue
        status=0
        BYTEFREEZER_BIN="$target_dir/debug/bytefreezer" \
            timeout 900 python3 "$script" >"$logs/$(basename "$script")" 2>&1 || status=$?
        case $status in
        0) echo "PASS $script" ;;
        77) echo "SKIP $script" ;;
        *)
            echo "FAIL $script (exit $status)"
            cat "$logs/$(basename "$script")"
            result=1
            ;;
        esac
    done
}

run_rust_tests "$@"
run_end_to_end

echo
echo "skipped:"
if ! grep -rhoE 'skipped: [^<]*' "$logs" | sort | uniq -c; then
    echo "  nothing"
fi
exit $result
