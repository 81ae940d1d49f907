#!/usr/bin/env python3
"""P6, first half: P2 with all files on the disk, and with them in memory, where a sync costs nothing."""
import shutil

from harness import measuring, results, settings

# Short, because the lake grows in memory: some 40 bytes an event.
SECONDS = min(settings.SECONDS, 20)


def main():
    places = {"disk": settings.WORK_DIR, "memory": settings.MEMORY_DIR}
    rows = {name: [] for name in places}
    try:
        for _ in range(settings.RUNS):
            for name, base in places.items():
                row = results.counted("log_cost", lambda: {**measuring.bytefreezer("tcp", SECONDS, base=base), "place": name})
                rows[name].append(row)
    finally:
        shutil.rmtree(settings.MEMORY_DIR, ignore_errors=True)
    results.table(f"P6: what the log's disk costs: TCP, {SECONDS} s, data_dir on disk and in memory (/dev/shm)",
                  ("data_dir", "stored/s", "CPU µs/event", "runs that count"),
                  [(name, results.shown(results.median(runs, "stored_per_s")),
                    results.shown(results.median(runs, "cpu_us_per_event")), results.valid_runs(runs))
                   for name, runs in rows.items()])
    disk, memory = (results.median(rows[name], "stored_per_s") for name in ("disk", "memory"))
    if disk and memory:
        print(f"on disk {100 * (1 - disk / memory):.1f} % fewer events a second than in memory;"
              " what encoding and checksumming the log costs is in both\n")


main()
