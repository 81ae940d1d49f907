"""The staged route with real processes: two proxies, two receivers, three pipers, two packers, and a real S3 server.

EVENTS says how many events are sent in each part (40,000; the issue asks for 2,000,000), SEED which process is killed when.
First everything works. Then the same with one of the processes killed with -9 every second, and with the S3 server
answering a tenth of the requests with 503, half of those after it has done them. Each event that was acknowledged must be
in the Parquet once, and none twice. Last, the same events go both routes, and DuckDB compares the rows.
"""
import glob
import os
import random
import signal
import subprocess
import time

from harness.appliance import Appliance, binary, http
from harness.busy_server import BusyServer
from harness.parquet import duckdb, message_numbers, ranges, relation
from harness.ports import free_port
from harness.role import Role
from harness.script import end, run_script, wait_until
from harness.seaweedfs import SeaweedFs

TOKEN = "a-token-of-the-test"
DATASET = "events"
FIRST_NUMBER = 100_000_000_000
BATCH = 100
KILL_EVERY_SECONDS = 1.0
BUSY_SHARE = 0.1
DONE_SECONDS_MAX = 240
REQUEST_BYTES_MAX = 4 << 20
# Everything is in motion within seconds, so that a script sees the end of it.
PACE = {"poll_interval_seconds": 1, "lease_seconds": 4}


def dataset(**more):
    return {"dataset": DATASET, "format": "syslog", "route": "staged", "testing": True,
            "filters": [{"type": "add_field", "config": {"field": "site", "value": "e2e"}}], **more}


class Site:
    """All processes over one S3 server."""

    def __init__(self, script, name, seaweedfs, port=None):
        self.script, self.name, self.seaweedfs = script, name, seaweedfs
        storage = {stage: seaweedfs.storage(f"{name}-{stage}", port) for stage in ("lake", "intake", "piper")}
        self.http_ports = [free_port(), free_port()]
        receivers = [free_port(), free_port()]
        shared = {
            "storage": storage["lake"],
            "stages": {"intake": storage["intake"], "piper": storage["piper"]},
            "receiver": {"tokens": [{"token": TOKEN}]},
            "piper": PACE,
            "packer": PACE,
            "forward": {"token": TOKEN, "batch_age_max_seconds": 1, "batch_bytes_max": "2 MiB", "timeout_seconds": 10,
                        "receivers": [f"http://127.0.0.1:{port}" for port in receivers]},
            "datasets": [dataset()],
        }
        self.roles = []
        for number, listen in enumerate(receivers):
            self.add("receiver", number, shared, receiver={"listen": f"127.0.0.1:{listen}"})
        for number in range(3):
            self.add("piper", number, shared)
        for number in range(2):
            self.add("packer", number, shared)
        for number, listen in enumerate(self.http_ports):
            self.add("proxy", number, shared, shards={"log_segment_bytes": "4 MiB"},
                     datasets=[dataset(inputs=[http(listen)])])

    def add(self, role, number, shared, **settings):
        self.roles.append(Role(self.script, role, f"{self.name}-{role}-{number}", shared, **settings))

    def of(self, role):
        return [one for one in self.roles if one.role == role]

    def start(self):
        for role in self.roles:
            role.start(wait=False)
        for role in self.roles:
            role.wait_for_ready()
        return self

    def send(self, events):
        """Half of the events to each proxy; returns the senders and the files with what was acknowledged."""
        senders = []
        for number, port in enumerate(self.http_ports):
            acknowledged = self.script.path(self.name, f"acknowledged-{number}")
            os.makedirs(os.path.dirname(acknowledged), exist_ok=True)
            command = [binary(), "fakedata", "http", "--target", f"http://127.0.0.1:{port}/ingest/default/{DATASET}",
                       "--count", events // 2, "--batch", BATCH, "--connections", 4, "--kind", "rfc5424",
                       "--first-number", FIRST_NUMBER * (number + 1), "--acknowledged", acknowledged,
                       "--rate", max(2000, events // 40)]
            senders.append((self.script.start([*map(str, command)], f"{self.name}/fakedata-{number}.log"), acknowledged))
        return senders

    def is_done(self):
        """Nothing is on its way any more."""
        for proxy in self.of("proxy"):
            account = proxy.ledger().get(DATASET)
            if not account or account["in_flight"]:
                return False
        for role in self.roles:
            role.ledger()
        waiting = [key for stage in ("intake", "piper") for key in self.seaweedfs.keys(f"{self.name}-{stage}")
                   if "/dead_letters/" not in key and key.endswith((".ndjson", ".ndjson.gz"))]
        return not waiting

    def numbers(self):
        """How often each number stands in the lake."""
        folder = self.script.path(f"{self.name}-lake")
        self.seaweedfs.copy_bucket(folder, f"{self.name}-lake")
        return message_numbers(f"{folder}/default/{DATASET}/data/**/*.parquet")


def acknowledged_numbers(senders):
    numbers = set()
    for _, path in senders:
        with open(path) as lines:
            for line in lines:
                first, last = map(int, line.split())
                numbers.update(range(first, last + 1))
    return numbers


def check_site(script, site, senders):
    """Everything that was acknowledged is in the lake, once."""
    done = wait_until(site.is_done, DONE_SECONDS_MAX, 1)
    stages = {stage: site.seaweedfs.keys(f"{site.name}-{stage}") for stage in ("intake", "piper")}
    script.check(f"{site.name}: everything comes to its end", done, stages)
    acknowledged, stored = acknowledged_numbers(senders), site.numbers()
    lost = acknowledged - stored.keys()
    twice = [number for number, times in stored.items() if times > 1]
    script.check(f"{site.name}: none of {len(acknowledged)} acknowledged events is lost", not lost,
                 f"{len(lost)} lost: {ranges(lost)}")
    script.check(f"{site.name}: none of {sum(stored.values())} rows is there twice", not twice,
                 f"{len(twice)}: {ranges(twice)}")
    dead = [key for keys in stages.values() for key in keys if "/dead_letters/" in key]
    script.check(f"{site.name}: there are no dead letters", not dead, dead[:10])
    folder = script.path(f"{site.name}-lake")
    sites = duckdb().execute(
        f"select distinct site from {relation(f'{folder}/default/{DATASET}/data/**/*.parquet')}").fetchall()
    script.check_equal(f"{site.name}: the filters worked on every row", sites, [("e2e",)])


def wait_for_senders(script, senders, seconds):
    for sender, _ in senders:
        try:
            sender.wait(seconds)
        except subprocess.TimeoutExpired:
            end(sender, signal.SIGTERM)


def undisturbed(script, seaweedfs, events):
    site = Site(script, "calm", seaweedfs).start()
    senders = site.send(events)
    wait_for_senders(script, senders, 300)
    script.check_equal("calm: everything that was sent is acknowledged", len(acknowledged_numbers(senders)), events)
    check_site(script, site, senders)
    for role in reversed(site.roles):
        role.stop_well()


def killed(script, seaweedfs, events, seed):
    """One process dies every second until all has been sent, and the server is busy."""
    chance = random.Random(seed)
    busy = BusyServer(seaweedfs.s3, BUSY_SHARE, seed)
    site = Site(script, "killed", seaweedfs, busy.port).start()
    senders = site.send(events)
    kills = 0
    while any(sender.poll() is None for sender, _ in senders) and kills < 300:
        time.sleep(KILL_EVERY_SECONDS)
        role = chance.choice(site.roles)
        role.kill()
        role.start(wait=False)
        kills += 1
    wait_for_senders(script, senders, 60)
    for role in site.roles:
        role.wait_for_ready()
    print(f"{kills} kills, {busy.refused} requests answered with 503", flush=True)
    script.check("killed: enough happened to mean anything", kills >= 5 and busy.refused >= 5, (kills, busy.refused))
    check_site(script, site, senders)
    for role in reversed(site.roles):
        role.stop_well()
    busy.close()


def largest(pattern):
    """Of the files that one request may bring, the twenty largest."""
    sizes = sorted((os.path.getsize(path), path) for path in glob.glob(pattern, recursive=True))
    return [path for size, path in sizes if size < REQUEST_BYTES_MAX][-20:]


def both_routes(script):
    """The same events on both routes, in one process of all roles: the same columns, types and rows."""
    corpora = os.environ.get("BYTEFREEZER_CORPORA", os.path.join(os.path.dirname(__file__), "../../../shared/corpora"))
    files = {kind: largest(os.path.join(corpora, pattern))
             for kind, pattern in (("syslog", "syslog/**/*.log"), ("json", "json/**/*.ndjson"), ("auto", "**/*.log"))}
    if not any(files.values()):
        script.skip_part("no corpora; the comparison of both routes")
        return
    ports = {(kind, route): free_port() for kind in files for route in ("direct", "staged")}
    filters = [{"type": "add_field", "config": {"field": "site", "value": "e2e"}},
               {"type": "drop", "config": {"condition": "severity == 7"}}]
    appliance = Appliance(script, [
        {"dataset": f"{kind}_{route}", "format": kind, "route": route, "testing": True, "filters": filters,
         "event_time_past_max_hours": 876_000, "inputs": [http(ports[kind, route])]}
        for kind, route in ports
    ], piper={**PACE, "listen": f"127.0.0.1:{free_port()}"}, packer={**PACE, "listen": f"127.0.0.1:{free_port()}"},
        receiver={"listen": f"127.0.0.1:{free_port()}", "health_listen": f"127.0.0.1:{free_port()}"},
        forward={"batch_age_max_seconds": 1})
    appliance.start()
    for (kind, route), port in ports.items():
        for file in files[kind]:
            url = f"http://127.0.0.1:{port}/ingest/default/{kind}_{route}"
            subprocess.run(["curl", "-sS", "--fail-with-body", "-H", "content-type: text/plain", "--data-binary", f"@{file}", url],
                           check=False, capture_output=True, timeout=120)
    connection = duckdb()
    for kind in files:
        if not files[kind]:
            continue
        account = appliance.wait_until_stored(1, 60, f"{kind}_direct")
        rows = {"direct": 0, "staged": -1}

        def count(kind=kind, rows=rows):
            for route in rows:
                found = glob.glob(appliance.parquet_files(f"{kind}_{route}"), recursive=True)
                files_of_route = relation(appliance.parquet_files(f"{kind}_{route}"))
                rows[route] = connection.execute(f"select count(*) from {files_of_route}").fetchone()[0] if found else -1
            return rows["direct"] == rows["staged"]

        wait_until(count, 120, 1)
        script.check_equal(f"{kind}: as many rows by way of the stages", rows["staged"], rows["direct"])
        script.check(f"{kind}: there are enough rows to mean anything", rows["direct"] > 100, (rows, account))
        compare_rows(script, connection, appliance, kind)
    appliance.stop_well()


def compare_rows(script, connection, appliance, kind):
    views = {}
    for route in ("direct", "staged"):
        files = relation(appliance.parquet_files(f"{kind}_{route}"))
        described = connection.execute(f"describe select * from {files}").fetchall()
        views[route] = (files, {name: type_name for name, type_name, *_ in described})
    script.check_equal(f"{kind}: the same columns with the same types", views["staged"][1], views["direct"][1])
    # What differs from one request to the other: when and from which port it came.
    kept = sorted(set(views["direct"][1]) - {"ingest_time", "peer_port", "year", "month", "day", "hour"})
    # Without a time of its own an event has that of its receipt.
    columns = ", ".join(
        "case when event_time = ingest_time then null else event_time end as event_time" if name == "event_time" else f'"{name}"'
        for name in kept)
    direct, staged = (f"select {columns} from {views[route][0]}" for route in ("direct", "staged"))
    for what, one, other in (("direct alone", direct, staged), ("staged alone", staged, direct)):
        found = connection.execute(f"({one}) except all ({other}) limit 5").fetchall()
        script.check(f"{kind}: no row is {what}", not found, found)


def main(script):
    duckdb()
    events = int(os.environ.get("EVENTS", "40000"))
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"SEED={seed} EVENTS={events}", flush=True)
    both_routes(script)
    seaweedfs = SeaweedFs(script).start()
    undisturbed(script, seaweedfs, events)
    killed(script, seaweedfs, events, seed)


if __name__ == "__main__":
    run_script(main)
