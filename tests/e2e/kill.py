"""kill -9 at random moments under load: nothing acknowledged is lost, nothing is stored twice.

KILLS says how often (10), SEED which moments. HTTP senders write down what was acknowledged and never repeat a batch, so
that a number that stands twice in the lake is our fault. TCP senders know of no acknowledgement: theirs may be missing,
but not twice. The dataset `busy` cuts every second, so that kills hit uploads and commits; `syslog` keeps files open, so
that they hit long replays. The whole is done twice: with a folder as the storage, and with a real S3 server (half the kills),
whose uploads take longer.
"""
import os
import random
import signal
import time

from harness.appliance import Appliance, http, syslog
from harness.parquet import duckdb, message_numbers, ranges
from harness.ports import free_port
from harness.script import Skip, end, run_script, wait_until
from harness.seaweedfs import SeaweedFs

HTTP_RATE, TCP_RATE, BATCH = 1500, 500, 50
# Longest time from ready to a kill.
LIFE_SECONDS_MAX = 2.0
# One kill of so many comes at a random moment of the start, where the log is taken up.
START_KILLS_EVERY = 4
FIRST_HTTP = {"syslog": 100_000_000_000, "busy": 300_000_000_000}
FIRST_TCP = {"syslog": 500_000_000_000, "busy": 700_000_000_000}
# Numbers from one start of a TCP sender to the next.
TCP_STRIDE = 10_000_000


class Load:
    """The senders of one dataset."""

    def __init__(self, script, appliance, dataset, http_port, tcp_port):
        self.script, self.appliance, self.dataset, self.tcp_port = script, appliance, dataset, tcp_port
        self.acknowledged_file = script.path(appliance.name, f"{dataset}.acknowledged")
        self.http = appliance.fakedata(
            "http", "--target", f"http://127.0.0.1:{http_port}/ingest/default/{dataset}", "--endless",
            "--rate", HTTP_RATE, "--batch", BATCH, "--connections", 4, "--first-number", FIRST_HTTP[dataset],
            "--acknowledged", self.acknowledged_file, log=f"http-{dataset}.log")
        self.tcp, self.tcp_starts = None, 0

    def send_over_tcp(self):
        """A TCP sender ends when its connection does; this starts the next one, with numbers of its own."""
        if self.tcp and self.tcp.poll() is None:
            return
        first = FIRST_TCP[self.dataset] + self.tcp_starts * TCP_STRIDE
        self.tcp_starts += 1
        self.tcp = self.appliance.fakedata(
            "syslog", "--target", f"127.0.0.1:{self.tcp_port}", "--transport", "tcp", "--framing", "octet-counted",
            "--endless", "--rate", TCP_RATE, "--first-number", first, log=f"tcp-{self.dataset}.log")

    def stop(self):
        for sender in (self.tcp, self.http):
            end(sender, signal.SIGTERM)

    def acknowledged(self):
        numbers = set()
        with open(self.acknowledged_file) as lines:
            for line in lines:
                first, last = map(int, line.split())
                numbers.update(range(first, last + 1))
        return numbers

    def is_sending(self):
        return os.path.exists(self.acknowledged_file) and os.path.getsize(self.acknowledged_file) > 0


def check_dataset(script, appliance, load, lake):
    """What is in the lake, a local folder, against what was acknowledged."""
    dataset = load.dataset
    acknowledged, stored = load.acknowledged(), message_numbers(f"{lake}/default/{dataset}/data/**/*.parquet")
    dataset = f"{appliance.name}, {dataset}"
    lost = acknowledged - stored.keys()
    twice = [number for number, times in stored.items() if times > 1]
    strange = [number for number in stored if number < FIRST_HTTP["syslog"]]
    rows = sum(stored.values())
    script.check(f"{dataset}: none of {len(acknowledged)} acknowledged events is lost", not lost,
                 f"{len(lost)} lost: {ranges(lost)}")
    script.check(f"{dataset}: none of {rows} events is stored twice", not twice, f"{len(twice)}: {ranges(twice)}")
    script.check(f"{dataset}: every row has the number of a message", not strange, strange[:10])
    counted = appliance.sql(f"select count(*) as rows from default.{load.dataset}")
    script.check_equal(f"{dataset}: SQL counts what the files hold", counted, [{"rows": rows}])
    # Nobody stopped the senders' work altogether.
    script.check(f"{dataset}: enough was sent to mean anything",
                 len(acknowledged) > 1000 and any(number >= FIRST_TCP["syslog"] for number in stored),
                 f"{len(acknowledged)} acknowledged, {rows} stored")


def kill_under_load(script, name, kills, moments, storage=None):
    """Starts, kills and drains; returns the appliance and its loads."""
    ports = {dataset: (free_port(), free_port()) for dataset in FIRST_HTTP}
    appliance = Appliance(script, [
        {"dataset": "syslog", "format": "syslog",
         "inputs": [http(ports["syslog"][0]), syslog("tcp", ports["syslog"][1])]},
        {"dataset": "busy", "format": "syslog", "testing": True, "parquet": {"file_age_max_seconds": 1},
         "inputs": [http(ports["busy"][0]), syslog("tcp", ports["busy"][1])]},
    ], name=name, shards={"log_segment_bytes": "4 MiB"}, **({"storage": storage} if storage else {}))
    appliance.start()
    loads = [Load(script, appliance, dataset, *ports[dataset]) for dataset in ports]
    wait_until(lambda: all(load.is_sending() for load in loads), 20)

    for number in range(kills):
        if number and number % START_KILLS_EVERY == 0:
            time.sleep(moments.uniform(0, 0.5))
        else:
            appliance.wait_for_ready()
            for load in loads:
                load.send_over_tcp()
            time.sleep(moments.uniform(0.05, LIFE_SECONDS_MAX))
        appliance.kill()
        appliance.start(wait=False)
    appliance.wait_for_ready()
    for load in loads:
        load.send_over_tcp()
    # On a busy machine no TCP sender may have got as far as to connect before this.
    time.sleep(2 * LIFE_SECONDS_MAX)
    for load in loads:
        load.stop()
        appliance.ledger(load.dataset)
    appliance.stop_well()
    return appliance, loads


def main(script):
    duckdb()
    kills = int(os.environ.get("KILLS", "10"))
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"SEED={seed} KILLS={kills}", flush=True)
    moments = random.Random(seed)

    appliance, loads = kill_under_load(script, "folder", kills, moments)
    for load in loads:
        check_dataset(script, appliance, load, os.path.join(appliance.config["data_dir"], "lake"))
    try:
        seaweedfs = SeaweedFs(script).start()
    except Skip as reason:
        script.skip_part(f"{reason}; kills with S3")
        return
    appliance, loads = kill_under_load(script, "s3", (kills + 1) // 2, moments, seaweedfs.storage())
    seaweedfs.copy_bucket(script.path("bucket"))
    for load in loads:
        check_dataset(script, appliance, load, script.path("bucket"))


if __name__ == "__main__":
    run_script(main)
