#!/usr/bin/env python3
"""P3: the highest rate over UDP without one lost datagram, with and without segmentation offload at the sender."""
from harness import measuring, results, settings

# Messages a second; a step that loses twice ends the search.
STEPS = {
    "bytefreezer": {"each": range(100_000, 500_001, 50_000), "gso": range(200_000, 1_200_001, 100_000)},
    "rsyslog": {"each": range(100_000, 400_001, 50_000), "gso": range(100_000, 400_001, 50_000)},
}
OPTIONS = {"each": ("--no-gso",), "gso": ()}


def measure(receiver, sending, rate, seconds):
    run = measuring.bytefreezer if receiver == "bytefreezer" else measuring.rsyslog
    row = run("udp", seconds, rate, OPTIONS[sending])
    row["sending"] = sending
    return row


def is_whole(row):
    return row["kernel_drops"] == 0 and row["lost_share"] == 0


def search(receiver, sending):
    """Rates that lost nothing in a short run, the highest last."""
    good, failed = [], 0
    for rate in STEPS[receiver][sending]:
        row = results.counted("udp", lambda: measure(receiver, sending, rate, settings.SEARCH_SECONDS))
        if row["valid"] and is_whole(row):
            good.append(rate)
            failed = 0
            continue
        failed += 1
        if failed == 2:
            break
    return good


def confirm(receiver, sending, rates, seconds):
    """The highest rate that lost nothing in every long run, and these runs."""
    for rate in reversed(rates):
        rows = []
        for _ in range(settings.RUNS):
            rows.append(results.counted("udp", lambda: measure(receiver, sending, rate, seconds)))
            if not is_whole(rows[-1]):
                break
        if all(is_whole(row) for row in rows):
            return rate, rows
    return None, []


def main():
    lines = []
    for sending, words in (("each", "a datagram each"), ("gso", "segmentation offload")):
        for receiver in ("bytefreezer", "rsyslog"):
            seconds = settings.SECONDS if receiver == "bytefreezer" else settings.PEER_SECONDS
            rate, rows = confirm(receiver, sending, search(receiver, sending), seconds)
            lines.append((receiver, words, results.shown(rate), f"{seconds} s",
                          results.shown(results.median(rows, "cpu_us_per_event")),
                          results.shown(results.median(rows, "peak_memory_mib")), results.valid_runs(rows)))
    results.table("P3, P7: the highest rate over UDP without a lost datagram, one core; CPU of all threads",
                  ("receiver", "sender", "messages/s", "for", "CPU µs/event", "peak memory MiB", "runs that count"), lines)


main()
