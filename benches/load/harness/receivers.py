"""What the load is sent to: ByteFreezer, or rsyslog beside it. Both on their own core, with fresh folders."""
import glob
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from . import settings
from .accounting import CpuMeter, free_port, peak_memory_mib

START_SECONDS_MAX, STOP_SECONDS_MAX = 60, 120
# So that files are closed, and their events stored, while the load goes on and soon after it.
FILE_AGE_SECONDS = 5


def pinned(*command):
    return ["taskset", "-c", str(settings.RECEIVER_CORE), *command]


def fresh_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


class ByteFreezer:
    """`bytefreezer run` with one dataset on UDP, TCP and HTTP, one shard."""

    name = "bytefreezer"

    def __init__(self, base=None):
        self.folder = fresh_folder(os.path.join(base or settings.WORK_DIR, "bytefreezer"))
        self.udp, self.tcp = free_port(socket.SOCK_DGRAM), free_port()
        self.http, self.health, self.query = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http}/ingest/default/syslog"
        config = os.path.join(self.folder, "bytefreezer.yaml")
        with open(config, "w") as out:
            out.write(self.configuration())
        self.errors = open(os.path.join(self.folder, "errors.log"), "w")
        begun = time.monotonic()
        self.process = subprocess.Popen(pinned(settings.BINARY, "run", "--config", config), stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        self.wait_for_ready()
        self.ready_ms = (time.monotonic() - begun) * 1000
        self.meter = CpuMeter(self.process.pid, settings.RECEIVER_CORE)

    def configuration(self):
        inputs = "".join(f"""
      - type: syslog
        transport: {transport}
        listen: 127.0.0.1:{port}""" for transport, port in (("udp", self.udp), ("tcp", self.tcp)))
        return f"""instance: bench
data_dir: {self.folder}/data
shards:
  cpus: [{settings.RECEIVER_CORE}]
datasets:
  - tenant: default
    dataset: syslog
    format: syslog
    parquet:
      file_age_max_seconds: {FILE_AGE_SECONDS}
    inputs:{inputs}
      - type: http
        listen: 127.0.0.1:{self.http}
health:
  listen: 127.0.0.1:{self.health}
query:
  listen: 127.0.0.1:{self.query}
"""

    def wait_for_ready(self):
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
        self.process.wait(START_SECONDS_MAX)
        with open(self.errors.name) as errors:
            raise RuntimeError(f"{settings.BINARY} did not become ready: {errors.read()[-2000:]}")

    def port(self, transport):
        return self.udp if transport == "udp" else self.tcp

    def ledger(self):
        """The account of the one dataset: received, stored, filtered, rejected, dropped, in_flight, imbalance, ..."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/api/v1/ledger", timeout=30) as answer:
            datasets = json.load(answer)["datasets"]
        return datasets[0] if datasets else {"received": 0, "stored": 0, "dropped": 0, "imbalance": 0}

    def rows_in_files(self):
        """What DuckDB counts in the Parquet files; None where there is no DuckDB."""
        try:
            import duckdb
        except ImportError:
            return None
        files = os.path.join(self.folder, "data", "lake", "**", "*.parquet")
        if not glob.glob(files, recursive=True):
            return 0
        return duckdb.sql(f"select count(*) from read_parquet('{files}')").fetchone()[0]

    def stop(self):
        """Ends it as a system would; returns the most memory it had, in MiB."""
        peak = peak_memory_mib(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()
        return peak

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class FlowByteFreezer(ByteFreezer):
    """`bytefreezer run` with one dataset of flows over UDP, one shard."""

    def configuration(self):
        return f"""instance: bench
data_dir: {self.folder}/data
shards:
  cpus: [{settings.RECEIVER_CORE}]
datasets:
  - tenant: default
    dataset: flows
    parquet:
      file_age_max_seconds: {FILE_AGE_SECONDS}
    inputs:
      - type: netflow
        listen: 127.0.0.1:{self.udp}
health:
  listen: 127.0.0.1:{self.health}
query:
  listen: 127.0.0.1:{self.query}
"""

    def ask(self, statement):
        """CPU seconds, wall clock seconds and the output of a question by SQL."""
        return timed(pinned(settings.BINARY, "sql", "--config", os.path.join(self.folder, "bytefreezer.yaml"), "--format",
                            "json", statement))

    def flows(self):
        """Flows in the closed files, without templates and options."""
        return json.loads(self.ask("select count(*) as n from default.flows where record_type = 'flow'")[2])[0]["n"]


class Nfcapd:
    """nfcapd on the same core, with as much buffer in the kernel."""

    name = "nfcapd"

    def __init__(self):
        self.folder = fresh_folder(os.path.join(settings.WORK_DIR, "nfcapd"))
        self.udp = free_port(socket.SOCK_DGRAM)
        self.log = open(os.path.join(self.folder, "nfcapd.log"), "w")
        files = fresh_folder(os.path.join(self.folder, "flows"))
        # The kernel doubles what is set, where it allows it.
        self.process = subprocess.Popen(
            pinned("nfcapd", "-p", str(self.udp), "-b", "127.0.0.1", "-w", files, "-t", "3600", "-B", str(32 << 20)),
            stdout=self.log, stderr=self.log)
        time.sleep(1)
        if self.process.poll() is not None:
            raise RuntimeError("nfcapd did not start")
        self.meter = CpuMeter(self.process.pid, settings.RECEIVER_CORE)

    def stop(self):
        """Closes its file; returns the most memory it had, in MiB."""
        peak = peak_memory_mib(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_SECONDS_MAX)
        self.log.close()
        return peak

    def ask(self, *arguments):
        return timed(pinned("nfdump", "-R", os.path.join(self.folder, "flows"), *arguments))

    def flows(self):
        """Flows in its files, as it counted them."""
        for line in self.ask("-I")[2].splitlines():
            if line.startswith("Flows: "):
                return int(line.split()[1])
        return 0

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def timed(command):
    """Runs a program to its end: CPU seconds, wall clock seconds, output."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=STOP_SECONDS_MAX)
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-1000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, ended - begun, done.stdout


class Rsyslog:
    """rsyslogd with one input, writing JSON lines."""

    name = "rsyslog"

    def __init__(self, transport):
        self.folder = fresh_folder(os.path.join(settings.WORK_DIR, "rsyslog"))
        is_udp = transport == "udp"
        self.number = free_port(socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM)
        self.output = os.path.join(self.folder, "rows.ndjson")
        with open(os.path.join(settings.HERE, "rsyslog.conf.in")) as template:
            text = template.read()
        # 64 MiB in the kernel, as ByteFreezer asks for: the kernel doubles what is set.
        values = {"WORK": self.folder, "PORT": self.number, "OUTPUT": self.output,
                  "MODULE": "imudp" if is_udp else "imptcp",
                  "MODULE_OPTIONS": 'batchSize="256" timeRequery="8"' if is_udp else "",
                  "INPUT_OPTIONS": f'rcvbufSize="{32 << 20}"' if is_udp else ""}
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        config = os.path.join(self.folder, "rsyslog.conf")
        with open(config, "w") as out:
            out.write(text)
        self.process = subprocess.Popen(
            pinned("rsyslogd", "-n", "-f", config, "-i", os.path.join(self.folder, "pid")))
        time.sleep(1.5)
        if self.process.poll() is not None:
            raise RuntimeError("rsyslogd did not start")
        self.counted, self.lines = 0, 0
        self.meter = CpuMeter(self.process.pid, settings.RECEIVER_CORE)

    def port(self, _transport):
        return self.number

    def written_bytes(self):
        return os.path.getsize(self.output) if os.path.exists(self.output) else 0

    def stop(self):
        peak = peak_memory_mib(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_SECONDS_MAX)
        return peak

    def rows(self):
        rows = 0
        if os.path.exists(self.output):
            with open(self.output, "rb") as file:
                while block := file.read(1 << 22):
                    rows += block.count(b"\n")
        return rows

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)
