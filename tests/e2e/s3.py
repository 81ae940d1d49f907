"""A real S3 server as the storage, stopped in the middle of a load: nothing lost, nothing twice, and /readyz says so."""
import time

from harness.appliance import Appliance, http, syslog
from harness.ports import free_port
from harness.process import START_SECONDS_MAX
from harness.script import run_script, wait_until
from harness.seaweedfs import SeaweedFs

RATE, LOAD_SECONDS = 1000, 20
FIRST_NUMBER = 100_000_000_000
# The server goes away so long after the load began, for so long.
AWAY_AFTER_SECONDS, AWAY_SECONDS = 4, 8
TROUBLE_SECONDS_MAX, BACK_SECONDS_MAX = 30, 90


def messages_appear(script, appliance, udp):
    """One message, before any load."""
    load = appliance.fakedata("syslog", "--target", f"127.0.0.1:{udp}", "--count", 5, "--rate", 100, "--kind",
                              "rfc5424", log="first.log")
    appliance.fakedata_report(load, "first.log")
    query = "select hostname, app_name, message from default.first"
    # Each shard has files of its own.
    wait_until(lambda: len(appliance.sql(query)) >= 5, 15)
    rows = appliance.sql(query)
    script.check_equal("messages over UDP are in SQL, read from S3", len(rows), 5)
    script.check("with host and program", all(row["hostname"] and row["app_name"] for row in rows), rows)


def acknowledged_in(path):
    with open(path) as lines:
        return [tuple(map(int, line.split())) for line in lines]


def storage_goes_away(script, appliance, seaweedfs):
    """Stops the server for a while; what the appliance says meanwhile."""
    time.sleep(AWAY_AFTER_SECONDS)
    seaweedfs.stop()
    begun = time.monotonic()
    state = wait_until(lambda: (found := appliance.component("storage"))[1] == "degraded" and found,
                       TROUBLE_SECONDS_MAX)
    script.check("/readyz says that the storage is in trouble, and why, and that events are still taken in",
                 state and state[0] == 200 and state[2], state or appliance.component("storage"))
    before = appliance.ledger()["received"]
    time.sleep(max(2.0, AWAY_SECONDS - (time.monotonic() - begun)))
    after = appliance.ledger()
    script.check("taking in goes on", after["received"] > before, (before, after["received"]))
    script.check("what is not stored is in flight", after["in_flight"] > 0 and after["dropped"] == 0, after)
    seaweedfs.start()


def starts_without_storage(script, appliance, seaweedfs, http_port, first_number, events):
    """After a power cut the storage may come back later than the appliance."""
    seaweedfs.stop()
    appliance.start(wait=False)
    ready = wait_until(lambda: "ready" in appliance.lines or appliance.process.poll() is not None, START_SECONDS_MAX)
    if not script.check("it starts while the storage is away, and takes events in",
                        ready and appliance.process.poll() is None, appliance.errors()[-1000:]):
        return
    load = appliance.fakedata("http", "--target", f"http://127.0.0.1:{http_port}/ingest/default/syslog", "--count",
                              events, "--kind", "rfc5424", "--first-number", first_number, log="without.log")
    report = appliance.fakedata_report(load, "without.log")
    script.check_equal("events are acknowledged without the storage", report["acknowledged"], events)
    seaweedfs.start()
    account = appliance.wait_until_stored(events, BACK_SECONDS_MAX)
    script.check_equal("and stored once it is back", (account["received"], account["stored"]), (events, events))
    appliance.stop_well()


def main(script):
    seaweedfs = SeaweedFs(script).start()
    http_port, udp = free_port(), free_port()
    appliance = Appliance(script, [
        {"dataset": "first", "testing": True, "inputs": [syslog("udp", udp)]},
        {"dataset": "syslog", "format": "syslog", "testing": True, "parquet": {"file_age_max_seconds": 1},
         "inputs": [http(http_port)]},
    ], storage=seaweedfs.storage())
    appliance.start()
    messages_appear(script, appliance, udp)

    acknowledged = script.path("acknowledged")
    load = appliance.fakedata(
        "http", "--target", f"http://127.0.0.1:{http_port}/ingest/default/syslog", "--rate", RATE, "--seconds",
        LOAD_SECONDS, "--kind", "rfc5424", "--first-number", FIRST_NUMBER, "--acknowledged", acknowledged)
    storage_goes_away(script, appliance, seaweedfs)
    report = appliance.fakedata_report(load)
    script.check_equal("every batch was acknowledged, the server there or not",
                       (report["acknowledged"], report["unacknowledged"]), (report["events"], 0))

    account = appliance.wait_until_stored(report["events"], BACK_SECONDS_MAX)
    script.check_equal("all is stored soon after it is back",
                       (account["received"], account["stored"], account["imbalance"]),
                       (report["events"], report["events"], 0))
    script.check_equal("the storage is in no trouble any more",
                       wait_until(lambda: appliance.component("storage")[1] == "ready", 10), True)
    numbers = [int(row["number"]) for row in appliance.sql(
        "select regexp_replace(structured_data, '.*\"seq\":\"([0-9]+)\".*', '\\1') as number from default.syslog")]
    expected = {number for first, last in acknowledged_in(acknowledged) for number in range(first, last + 1)}
    script.check_equal("nothing is there twice", len(numbers), len(set(numbers)))
    script.check_equal("nothing is lost", len(expected - set(numbers)), 0)
    script.check_equal("nothing is there that was not sent", len(set(numbers) - expected), 0)
    appliance.stop_well()
    starts_without_storage(script, appliance, seaweedfs, http_port, 2 * FIRST_NUMBER, 500)


if __name__ == "__main__":
    run_script(main)
