"""Repeats runs until enough count, writes all of them down, and makes tables of the medians."""
import json
import os
import statistics
import sys
import time

from . import settings


def note(run, row):
    """Appends a run to the file of its kind, and says what it was."""
    os.makedirs(settings.RESULTS_DIR, exist_ok=True)
    row = {"run": run, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **row}
    with open(os.path.join(settings.RESULTS_DIR, f"{run}.ndjson"), "a") as out:
        out.write(json.dumps(row) + "\n")
    state = "" if row.get("valid", True) else " (does not count: the sender or the core was disturbed)"
    shown = ("receiver", "transport", "asked_per_s", "sent_per_s", "stored_per_s", "lost_share", "cpu_us_per_event")
    print("  " + ", ".join(f"{name} {row[name]}" for name in shown if name in row) + state, file=sys.stderr, flush=True)
    return row


def counted(run, measure):
    """Measures until a run counts; the last one, marked as not valid, when none does."""
    for _ in range(settings.TRIES_MAX):
        row = note(run, measure())
        if row["valid"]:
            break
    return row


def repeated(run, measure, runs=None):
    return [counted(run, measure) for _ in range(runs or settings.RUNS)]


def median(rows, name):
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.median(values) if values else None


def shown(value):
    if value is None:
        return "-"
    if isinstance(value, float) and value != int(value):
        return f"{value:,.2f}"
    return f"{value:,.0f}"


def losses(rows):
    return " / ".join(f"{row['lost_share'] * 100:.2f}" for row in rows)


def valid_runs(rows):
    return f"{sum(row['valid'] for row in rows)} of {len(rows)}"


def table(title, head, lines):
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for line in lines:
        print(f"| {' | '.join(str(field) for field in line)} |")
    print(flush=True)
