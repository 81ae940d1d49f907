#!/usr/bin/env python3
"""P8: CPU of an idle `run`, and the time from its start to `ready`."""
import time

from harness import results, settings
from harness.accounting import CpuMeter
from harness.receivers import ByteFreezer

IDLE_SECONDS, SETTLE_SECONDS, STARTS = 30, 2, 5


def start_to_ready():
    receiver = ByteFreezer()
    receiver.stop()
    receiver.clean()
    return results.note("idle", {"ready_ms": round(receiver.ready_ms, 1)})


def idle():
    receiver = ByteFreezer()
    try:
        time.sleep(SETTLE_SECONDS)
        meter = CpuMeter(receiver.process.pid, settings.RECEIVER_CORE)
        time.sleep(IDLE_SECONDS)
        used = meter.process_s()
    finally:
        peak = receiver.stop()
        receiver.clean()
    return results.note("idle", {"idle_cpu_percent": round(100 * used / IDLE_SECONDS, 2), "peak_memory_mib": peak})


def main():
    starts = [start_to_ready() for _ in range(STARTS)]
    idles = [idle() for _ in range(settings.RUNS)]
    results.table("P8: `bytefreezer run` with nothing to do",
                  ("idle CPU % of a core", "start to ready ms", "memory MiB"),
                  [(results.shown(results.median(idles, "idle_cpu_percent")), results.shown(results.median(starts, "ready_ms")),
                    results.shown(results.median(idles, "peak_memory_mib")))])


main()
