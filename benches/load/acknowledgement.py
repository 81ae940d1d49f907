#!/usr/bin/env python3
"""P6, second half: how long HTTP waits for its acknowledgement at 100,000 events a second."""
from harness import measuring, results, sender, settings

RATE, BATCH, CONNECTIONS = 100_000, 100, 32


def measure():
    seconds = min(settings.SECONDS, 30)
    return measuring.bytefreezer("http", seconds, RATE, load=lambda receiver: sender.http(
        receiver.url, seconds, RATE, BATCH, CONNECTIONS))


def main():
    rows = results.repeated("acknowledgement", measure)
    for row in rows:
        row.update(row.pop("http"))
    results.table(
        f"P6: acknowledgement over HTTP, {RATE:,} events/s in batches of {BATCH}, {CONNECTIONS} connections",
        ("events/s", "p50 ms", "p99 ms", "longest ms", "not acknowledged", "CPU µs/event", "peak memory MiB", "runs that count"),
        [[results.shown(results.median(rows, name)) for name in (
            "sent_per_s", "ack_ms_p50", "ack_ms_p99", "ack_ms_max", "unacknowledged", "cpu_us_per_event", "peak_memory_mib")]
         + [results.valid_runs(rows)]])


main()
