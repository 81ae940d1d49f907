#!/usr/bin/env bash
# Compiles the agent's program for the kernel: appliance/agent/bpf/events.bpf.c to the object given
# (default: events.bpf.o beside it). CLANG and LLVM_STRIP name the tools; another version
# than the one here gives another object, as good as this one.
set -euo pipefail

folder=$(cd "$(dirname "$0")/../appliance/agent/bpf" && pwd)
object=$(realpath -m "${1:-$folder/events.bpf.o}")
clang=${CLANG:-clang-14}
strip=${LLVM_STRIP:-llvm-strip-14}

cd "$folder"
# The sum stands in the object: a test looks whether it is that of the source (src/sensor.rs).
sum=$(cat kernel.h records.h events.bpf.c | sha256sum | cut -d ' ' -f 1)
# -g: types (BTF), by which the kernel's fields are found. The rest of what it makes is stripped.
"$clang" -O2 -g -Wall -Wextra -Werror -target bpf -mcpu=v2 -fdebug-prefix-map="$folder"=. \
    "-DSOURCE_SHA256=\"$sum\"" -c events.bpf.c -o "$object"
"$strip" --strip-debug "$object"
