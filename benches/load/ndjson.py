#!/usr/bin/env python3
"""P5: NDJSON to Parquet with zstd 1 on one core: `bytefreezer convert` and DuckDB's COPY with one thread, in turn, on the
same file; what both wrote must hold the same rows in columns of the same types."""
import os
import resource
import subprocess
import sys
import time

from harness import json_events, results, settings

EVENTS = int(os.environ.get("LOAD_JSON_EVENTS", "2000000"))
# What each of them is asked for; the goal of DESIGN.md, section 7, P5.
ZSTD_LEVEL, GOAL = 1, 2.0
CORE = settings.RECEIVER_CORE


def copy_by_duckdb(source, target):
    import duckdb
    database = duckdb.connect(config={"threads": "1"})
    database.sql(f"copy (select * from read_json('{source}', format='newline_delimited')) to '{target}'"
                 f" (format parquet, compression zstd, compression_level {ZSTD_LEVEL})")


def commands(source, target):
    ours = [settings.BINARY, "convert", "--format", "json", "--threads", "1", "--zstd-level", str(ZSTD_LEVEL), source, target]
    return {"bytefreezer": ours, "duckdb": [sys.executable, os.path.abspath(__file__), "duckdb", source, target]}


def seconds_of_nothing():
    """What it takes Python to start with DuckDB: it is taken off DuckDB's figures."""
    return timed([sys.executable, "-c", "import duckdb; duckdb.connect(config={'threads': '1'}).sql('select 1').fetchall()"])


def timed(command):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   preexec_fn=lambda: os.sched_setaffinity(0, {CORE}))
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu_s": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
            "user_s": after.ru_utime - before.ru_utime, "wall_s": wall}


def run_of(name, source, target):
    took = timed(commands(source, target)[name])
    if name == "duckdb":
        idle = seconds_of_nothing()
        took = {key: took[key] - idle[key] for key in took}
    # Whoever waited for the core was disturbed.
    row = {"receiver": name, "events": EVENTS, **took, "bytes": os.path.getsize(target),
           "valid": took["wall_s"] - took["cpu_s"] <= 0.1 * took["wall_s"],
           "cpu_us_per_event": took["cpu_s"] / EVENTS * 1e6, "events_per_cpu_s": EVENTS / took["cpu_s"]}
    return row


def differences(ours, theirs):
    """What differs in rows and types; nothing where all is equal."""
    import duckdb
    database = duckdb.connect()
    kinds = {name: dict(database.sql(f"select column_name, column_type from (describe select * from '{path}')").fetchall())
             for name, path in (("ours", ours), ("theirs", theirs))}
    found = []
    for column, kind in kinds["theirs"].items():
        # DuckDB makes a time of the text; that is our event_time, and the text stays beside it.
        expected = "VARCHAR" if column == "ts" else kind
        if kinds["ours"].get(column) != expected:
            found.append(f"{column}: {kinds['ours'].get(column)}, and {kind} by DuckDB")
    if kinds["ours"].get("event_time") != "TIMESTAMP WITH TIME ZONE":
        found.append(f"event_time: {kinds['ours'].get('event_time')}")
    if found:
        return found
    others = [f'"{column}"' for column in kinds["theirs"] if column != "ts"]
    database.sql("set timezone = 'UTC'")
    our_rows = f"select ts, event_time::timestamp, {', '.join(others)} from '{ours}'"
    their_rows = f"select strftime(ts, '%Y-%m-%dT%H:%M:%S.%gZ'), ts, {', '.join(others)} from '{theirs}'"
    for one, other, name in ((our_rows, their_rows, "DuckDB's"), (their_rows, our_rows, "ours")):
        missing = database.sql(f"select count(*) from ({one} except all {other})").fetchone()[0]
        if missing:
            found.append(f"{missing} rows that are not in {name}")
    return found


def main():
    os.makedirs(settings.WORK_DIR, exist_ok=True)
    source = os.path.join(settings.WORK_DIR, f"events-{EVENTS}.ndjson")
    json_events.write(source, EVENTS)
    targets = {name: os.path.join(settings.WORK_DIR, f"{name}.parquet") for name in ("bytefreezer", "duckdb")}
    rows = {name: [] for name in targets}
    for _ in range(settings.RUNS):
        for name, target in targets.items():
            rows[name].append(results.counted("ndjson", lambda: run_of(name, source, target)))
    found = differences(targets["bytefreezer"], targets["duckdb"])
    size = os.path.getsize(source) / EVENTS
    results.table(f"P5: {EVENTS:,} events of {size:.0f} bytes, NDJSON to Parquet, zstd {ZSTD_LEVEL}, one core",
                  ("", "events a CPU second", "CPU µs/event", "seconds", "bytes an event", "runs that count"),
                  [(name, results.shown(results.median(runs, "events_per_cpu_s")),
                    results.shown(results.median(runs, "cpu_us_per_event")), results.shown(results.median(runs, "wall_s")),
                    results.shown(results.median(runs, "bytes") / EVENTS), results.valid_runs(runs))
                   for name, runs in rows.items()])
    ratio = results.median(rows["duckdb"], "cpu_us_per_event") / results.median(rows["bytefreezer"], "cpu_us_per_event")
    print(f"{ratio:.2f} x DuckDB (goal: {GOAL:.0f} x); rows and types " + ("equal" if not found else "differ: " + "; ".join(found)) + "\n")
    if found:
        sys.exit(1)


if sys.argv[1:2] == ["duckdb"]:
    copy_by_duckdb(*sys.argv[2:4])
else:
    main()
