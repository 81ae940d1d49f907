#!/usr/bin/env python3
"""P2 and P7: syslog over TCP through the log to closed Parquet files, one shard; rsyslog with the same load."""
from harness import measuring, results, settings


def line(name, rows):
    return (name, results.shown(results.median(rows, "stored_per_s")), results.losses(rows),
            results.shown(results.median(rows, "cpu_us_per_event")), results.shown(results.median(rows, "peak_memory_mib")),
            results.shown(results.median(rows, "sender_cpu_s")), results.valid_runs(rows))


def main():
    ours, peer = [], []
    for _ in range(settings.RUNS):
        ours.append(results.counted("tcp", lambda: measuring.bytefreezer("tcp", settings.SECONDS)))
        peer.append(results.counted("tcp", lambda: measuring.rsyslog("tcp", settings.PEER_SECONDS)))
    results.table(
        f"P2, P7: TCP to closed Parquet, one core, as fast as it is taken, {settings.SECONDS} s"
        f" (rsyslog to JSON lines, {settings.PEER_SECONDS} s)",
        ("receiver", "stored/s", "lost % of each run", "CPU µs/event", "peak memory MiB", "sender CPU s", "runs that count"),
        [line("bytefreezer", ours), line("rsyslog", peer)])
    for row in ours:
        if row["imbalance"] or row["rows_in_files"] not in (None, row["stored"]):
            print(f"the account does not agree with the files: {row}")


main()
