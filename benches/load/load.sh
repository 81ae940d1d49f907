#!/usr/bin/env bash
# The end-to-end load runs, all or those named: tcp udp flows log_cost acknowledgement idle ndjson.
# Receiver on core 0, sender on core 1. benches/load/README.md says what they measure and which variables they take.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../scripts/apt-need.sh" rsyslog nfdump util-linux python3

runs=("$@")
if [ ${#runs[@]} -eq 0 ]; then
    runs=(tcp udp flows log_cost acknowledgement idle ndjson stages)
fi
for run in "${runs[@]}"; do
    echo "load run: $run" >&2
    # Away from the receiver's core; the receivers are pinned by the runs themselves.
    taskset -c 1 python3 "$here/$run.py"
done
