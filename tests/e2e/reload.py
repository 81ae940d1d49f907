"""SIGHUP under load: what changes changes, the rest is not disturbed; a wrong configuration changes nothing. SIGTERM drains."""
import contextlib
import signal
import socket
import time

from harness.appliance import Appliance, http, syslog
from harness.parquet import count_rows, duckdb, message_numbers, relation
from harness.ports import free_port
from harness.script import end, run_script, wait_until

RATE, LOAD_SECONDS = 1000, 14
SEEN_SECONDS_MAX = 15
# Half the time after which a drain gives up.
DRAIN_SECONDS_MAX = 30
ADD_SITE = {"type": "add_field", "config": {"field": "site", "value": "berlin"}}


def send_line(port, text):
    with socket.create_connection(("127.0.0.1", port), timeout=15) as stream:
        stream.sendall(f"<38>1 2026-11-21T10:00:00Z h.example.net e2e - - - {text}\n".encode())


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Reloading:
    """The appliance, its ports, and what its configuration says at the moment."""

    def __init__(self, script):
        self.script = script
        self.udp, self.leaving, self.coming, self.staying, self.http = (free_port() for _ in range(5))
        # No `testing` here: what SIGTERM finds is in flight.
        self.loaded = {"dataset": "loaded", "inputs": [syslog("udp", self.udp)]}
        self.first = {"dataset": "first", "testing": True,
                      "inputs": [syslog("tcp", self.leaving), syslog("tcp", self.staying)]}
        self.second = {"dataset": "second", "format": "syslog", "testing": True,
                       "inputs": [syslog("tcp", self.coming), http(self.http)]}
        self.appliance = Appliance(script, [self.loaded, self.first], shards={"log_flush_interval_ms": 20})

    def reload_to(self, datasets):
        """Reloads, and waits until the appliance says what became of it; returns what it said."""
        before = len(self.appliance.errors())
        self.appliance.config["datasets"] = datasets
        self.appliance.reload()
        words = ("reloaded", "stays")
        wait_until(lambda: any(word in self.appliance.errors()[before:] for word in words), 15)
        return self.appliance.errors()[before:]

    def seen(self, dataset, text):
        """The row of a message, once SQL shows it."""
        statement = f"select * from default.{dataset} where message = '{text}'"
        rows = wait_until(lambda: self.appliance.sql(statement), SEEN_SECONDS_MAX)
        return rows[0] if len(rows) == 1 else {"rows": rows}


def reload_changes(script, state):
    """A filter on the dataset under load, a dataset more, an input less."""
    send_line(state.leaving, "before")
    send_line(state.staying, "before too")
    script.check_equal("before: no filter", state.seen("first", "before").get("site"), None)
    state.seen("first", "before too")
    open_connection = socket.create_connection(("127.0.0.1", state.staying), timeout=15)
    leaving_connection = socket.create_connection(("127.0.0.1", state.leaving), timeout=15)
    leaving_connection.sendall(b"<38>1 2026-11-21T10:00:00Z h e2e - - - last words")

    loaded = {**state.loaded, "filters": [ADD_SITE]}
    first = {**state.first, "inputs": state.first["inputs"][1:], "filters": [ADD_SITE]}
    said = state.reload_to([loaded, first, state.second])
    script.check("a reload is reported", "reloaded" in said, said)
    script.check("the input that was removed is closed", wait_until(lambda: not listens(state.leaving), 10))
    script.check_equal("and its connections with it", leaving_connection.recv(1), b"")
    script.check_equal("which keeps what had come over them",
                       state.seen("first", "last words").get("message"), "last words")
    send_line(state.coming, "new input")
    script.check_equal("the new dataset takes events in", state.seen("second", "new input").get("message"),
                       "new input")
    open_connection.sendall(b"<38>1 2026-11-21T10:00:00Z h e2e - - - open before the reload\n")
    open_connection.close()
    row = state.seen("first", "open before the reload")
    script.check_equal("a connection from before goes on, through the new filter",
                       (row.get("message"), row.get("site")), ("open before the reload", "berlin"))
    return [loaded, first, state.second]


def wrong_configurations_change_nothing(script, state, good):
    """Neither what cannot be read, nor what cannot be carried out."""
    unknown_key = [{**state.loaded, "tesing": True}, *good[1:]]
    said = state.reload_to(unknown_key)
    script.check("a wrong key is named, with what was meant", "tesing" in said and "testing" in said, said)
    wrong_filter = [good[0], {**good[1], "filters": [{"type": "drop", "config": {"condition": "a =="}}]}, good[2]]
    said = state.reload_to(wrong_filter)
    script.check("a wrong condition is reported", "condition" in said and "stays" in said, said)

    # A port that somebody else has: the rest of such a configuration must not be carried out either.
    wrong_site = {**good[1], "filters": [{"type": "add_field", "config": {"field": "site", "value": "wrong"}}]}
    with taken_port() as port:
        said = state.reload_to([good[0], {**wrong_site, "inputs": [*good[1]["inputs"], syslog("tcp", port)]},
                                {**good[2], "inputs": []}])
    script.check("a syslog port that is taken is named", str(port) in said and "stays" in said, said)
    send_line(state.staying, "after the first")
    script.check_equal("a syslog port that is taken: the filter from before still holds",
                       state.seen("first", "after the first").get("site"), "berlin")
    still_listen(script, state, "a syslog port that is taken")
    with taken_port() as port:
        said = state.reload_to([good[0], good[1], {**good[2], "inputs": [http(port)]}])
    script.check("an HTTP port that is taken is named", str(port) in said and "stays" in said, said)
    still_listen(script, state, "an HTTP port that is taken")
    said = state.reload_to(good)
    script.check("a good configuration is taken after wrong ones", "reloaded" in said, said)
    still_listen(script, state, "a good configuration after wrong ones")


@contextlib.contextmanager
def taken_port():
    with socket.socket() as other:
        port = free_port()
        other.bind(("127.0.0.1", port))
        other.listen()
        yield port


def still_listen(script, state, when):
    silent = [port for port in (state.staying, state.coming, state.http) if not listens(port)]
    script.check(f"{when}: all inputs from before listen", not silent, f"{silent} do not")


def load_is_not_disturbed(script, state, load):
    report = state.appliance.fakedata_report(load)
    account = state.appliance.wait_for_ledger(
        lambda account: account["received"] >= report["events"], 15, "loaded")
    script.check_equal("every datagram of the load was received, none dropped by the kernel or by us",
                       (account["received"], account["dropped"], report["refused"]), (report["events"], 0, 0))
    return report


def main(script):
    duckdb()
    state = Reloading(script)
    appliance = state.appliance
    appliance.start()
    load = appliance.fakedata("syslog", "--target", f"127.0.0.1:{state.udp}", "--rate", RATE, "--seconds",
                              LOAD_SECONDS, "--no-gso")
    time.sleep(0.5)
    good = reload_changes(script, state)
    wrong_configurations_change_nothing(script, state, good)
    report = load_is_not_disturbed(script, state, load)

    account = appliance.ledger("loaded")
    script.check("most of the load is in flight when SIGTERM comes", account["in_flight"] > 0, account)
    endless = appliance.fakedata("syslog", "--target", f"127.0.0.1:{state.staying}", "--transport", "tcp", "--rate",
                                 RATE, "--endless", log="endless.log")
    script.check("a sender over TCP is at work", wait_until(lambda: appliance.ledger("first")["in_flight"] > 100, 10))
    begun = time.monotonic()
    appliance.stop_well()
    script.check("SIGTERM does not wait for a sender that has no end", time.monotonic() - begun < DRAIN_SECONDS_MAX)
    end(endless, signal.SIGTERM)
    stored = message_numbers(appliance.parquet_files("loaded"))
    with_site = duckdb().execute(
        f"select count(*) from {relation(appliance.parquet_files('loaded'))} where site = 'berlin'").fetchone()[0]
    script.check("the filter holds for the load from the reload on, not before", 0 < with_site < report["events"],
                 f"{with_site} of {report['events']}")
    script.check_equal("everything received is stored, once",
                       (len(stored), count_rows(appliance.parquet_files("loaded"))), (report["events"],) * 2)


if __name__ == "__main__":
    run_script(main)
