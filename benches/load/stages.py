#!/usr/bin/env python3
"""Piper and packer on one core: a batch of rows of some 2 GiB through two filters, and into Parquet with zstd 1. Beside them
DuckDB with one thread doing the same conversions on the same files."""
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from harness import json_events, results, settings

EVENTS = int(os.environ.get("LOAD_STAGE_EVENTS", "4500000"))
ZSTD_LEVEL, CORE = 1, settings.RECEIVER_CORE
DATASET = "events"
WAIT_SECONDS_MAX, POLL_SECONDS = 1800, 0.2
FILTERS = [{"type": "drop", "config": {"condition": "severity == 3"}},
           {"type": "add_field", "config": {"field": "site_name", "value": "north"}}]


def write_rows(path):
    """The events of P5 as rows: their time as `event_time` and `ingest_time`."""
    if os.path.exists(path):
        return
    source = os.path.join(settings.WORK_DIR, f"events-{EVENTS}.ndjson")
    json_events.write(source, EVENTS)
    with open(source) as lines, open(f"{path}.partial", "w", buffering=1 << 20) as out:
        for line in lines:
            # {"ts":"2026-01-15T08:00:00.000Z","device":...
            time_text = line[7:30] + "000Z"
            out.write(f'{{"event_time":"{time_text}","ingest_time":"{time_text}",{line[33:]}')
    os.rename(f"{path}.partial", path)
    os.remove(source)


def pack(path, packed):
    if os.path.exists(packed):
        return
    with open(path, "rb") as source, gzip.open(f"{packed}.partial", "wb", compresslevel=1) as out:
        shutil.copyfileobj(source, out, 1 << 20)
    os.rename(f"{packed}.partial", packed)


def object_name():
    return f"default--{DATASET}--1768464000000000000--bench-0-1-{EVENTS}"


class Stage:
    """A role over folders that one batch was put into."""

    def __init__(self, role, source, suffix):
        self.role, self.folder = role, os.path.join(settings.WORK_DIR, f"stage-{role}")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.stages = {name: os.path.join(self.folder, name) for name in ("intake", "piper", "lake")}
        place = os.path.join(self.stages["intake" if role == "piper" else "piper"], "default", DATASET)
        os.makedirs(place)
        self.batch = os.path.join(place, f"{object_name()}{suffix}")
        os.link(source, self.batch)
        config = {
            "instance": "bench", "data_dir": os.path.join(self.folder, "data"),
            "storage": {"type": "folder", "path": self.stages["lake"]},
            "stages": {name: {"type": "folder", "path": self.stages[name]} for name in ("intake", "piper")},
            "piper": {"poll_interval_seconds": 1, "listen": "127.0.0.1:0", "parallel_batches": 1},
            "packer": {"poll_interval_seconds": 1, "listen": "127.0.0.1:0"},
            "datasets": [{"dataset": DATASET, "route": "staged", "filters": FILTERS, "testing": True,
                          "event_time_past_max_hours": 876000, "parquet": {"zstd_level": ZSTD_LEVEL}}],
        }
        self.config_file = os.path.join(self.folder, "bytefreezer.yaml")
        with open(self.config_file, "w") as out:
            json.dump(config, out)

    def measure(self):
        """Starts the role, waits until the batch is given up, and ends it."""
        with open(os.path.join(self.folder, "errors.log"), "wb") as errors:
            process = subprocess.Popen([settings.BINARY, self.role, "--config", self.config_file],
                                       stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=lambda: os.sched_setaffinity(0, {CORE}))
        begun = time.monotonic()
        while os.path.exists(self.batch):
            if process.poll() is not None or time.monotonic() - begun > WAIT_SECONDS_MAX:
                raise RuntimeError(f"the {self.role} did not finish: {self.folder}/errors.log")
            time.sleep(POLL_SECONDS)
        wall = time.monotonic() - begun
        with open(f"/proc/{process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        with open(f"/proc/{process.pid}/status") as status:
            memory = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
        process.send_signal(signal.SIGTERM)
        process.wait(120)
        return {"cpu_s": cpu, "wall_s": wall, "peak_memory_mib": round(memory)}


DUCKDB = {
    "piper": "copy (select *, 'north' as site_name from read_json('{source}', format='newline_delimited') where severity <> 3)"
             " to '{target}' (format json)",
    "packer": "copy (select * from read_json('{source}', format='newline_delimited')) to '{target}'"
              f" (format parquet, compression zstd, compression_level {ZSTD_LEVEL})",
}


def by_duckdb(role, source):
    target = os.path.join(settings.WORK_DIR, f"duckdb-{role}")
    statement = DUCKDB[role].format(source=source, target=target)
    program = f"import duckdb; duckdb.connect(config={{'threads': '1', 'enable_progress_bar': 'false'}}).sql({statement!r})"
    process = subprocess.Popen([sys.executable, "-c", program], preexec_fn=lambda: os.sched_setaffinity(0, {CORE}))
    begun = time.monotonic()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"DuckDB failed: {statement}")
    os.remove(target)
    return {"cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": time.monotonic() - begun,
            "peak_memory_mib": round(usage.ru_maxrss / 1024)}


def run_of(role, name, source, suffix):
    took = Stage(role, source, suffix).measure() if name == "bytefreezer" else by_duckdb(role, source)
    return {"receiver": f"{name} {role}", "events": EVENTS, **took, "valid": took["wall_s"] - took["cpu_s"] <= 0.2 * took["wall_s"] + 2,
            "cpu_us_per_event": round(took["cpu_s"] / EVENTS * 1e6, 3), "events_per_cpu_s": round(EVENTS / took["cpu_s"])}


def main():
    os.makedirs(settings.WORK_DIR, exist_ok=True)
    rows = os.path.join(settings.WORK_DIR, f"rows-{EVENTS}.ndjson")
    write_rows(rows)
    pack(rows, f"{rows}.gz")
    lines = []
    for role, source, suffix in (("piper", f"{rows}.gz", ".ndjson.gz"), ("packer", rows, ".ndjson")):
        for name in ("bytefreezer", "duckdb"):
            runs = [results.counted("stages", lambda: run_of(role, name, source, suffix)) for _ in range(settings.RUNS)]
            lines.append((role, name, results.shown(results.median(runs, "events_per_cpu_s")),
                          results.shown(results.median(runs, "cpu_us_per_event")),
                          results.shown(results.median(runs, "peak_memory_mib")), results.valid_runs(runs)))
    size = os.path.getsize(rows) / (1 << 30)
    results.table(f"Stages: one batch of {EVENTS:,} rows, {size:.1f} GiB, on one core; DuckDB with one thread on the same file",
                  ("what", "by", "events a CPU second", "CPU µs/event", "peak memory MiB", "runs that count"), lines)


main()
