#!/usr/bin/env python3
"""NetFlow v9 and IPFIX over UDP against nfcapd: what is lost at a rate, the CPU of a million flows, and that of a question."""
from harness import measuring, results, settings

KINDS = ("netflow9", "ipfix")
# Datagrams a second, of some 26 flows each.
RATES = (5_000, 20_000, 40_000)


def main():
    lines = []
    for kind in KINDS:
        for rate in RATES:
            for receiver in ("bytefreezer", "nfcapd"):
                rows = results.repeated("flows", lambda: measuring.flows(receiver, kind, settings.PEER_SECONDS, rate))
                lines.append((receiver, kind, results.shown(rate), results.shown(results.median(rows, "flows_per_s")),
                              results.losses(rows), results.shown(results.median(rows, "cpu_s_per_million")),
                              results.shown(results.median(rows, "top_cpu_s_per_million")),
                              results.shown(results.median(rows, "peak_memory_mib")), results.valid_runs(rows)))
    results.table("Flows over UDP, one core; the question is for the ten sources with the most bytes",
                  ("receiver", "format", "datagrams/s", "flows/s", "lost, %", "CPU s per million flows",
                   "CPU s per million flows of a question", "peak memory MiB", "runs that count"), lines)


main()
