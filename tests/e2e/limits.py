"""What happens at the limits: log full while the storage is away, long messages, too many and idle connections."""
import glob
import os
import socket
import time
import urllib.error
import urllib.request

from harness.appliance import Appliance, http, syslog
from harness.ports import free_port
from harness.script import run_script, wait_until
from harness.seaweedfs import SeaweedFs

MIB = 1 << 20
# The least log that can be set; it is full after some dozen requests.
LOG_BYTES, SEGMENT_BYTES = 16 * MIB, 4 * MIB
# What is received while the log is full is in memory until this is used up.
POOL_BYTES = 8 * MIB
LINE_BYTES, LINES_PER_REQUEST = 1000, 500
REQUESTS_MAX = 200
TCP_MESSAGES = 24_000
UDP_MESSAGES = 10_000
# A sender that has not got rid of a byte for so long has stalled.
STALL_SECONDS = 4
DRAINED_SECONDS_MAX = 90


def line(kind, number):
    head = f"<38>1 2026-11-21T10:00:00Z h.example.net {kind} - - - {kind} {number:08} "
    return head + "x" * (LINE_BYTES - len(head))


def post(url, body, seconds=60):
    """Status and headers of a POST."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"), timeout=seconds) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


class TcpSender:
    """Sends all it can, and knows how much that was."""

    def __init__(self, port, messages):
        self.left = memoryview(b"".join(f"{line('tcp', number)}\n".encode() for number in range(messages)))
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.socket.settimeout(STALL_SECONDS)

    def send_until_stalled(self):
        """Returns whether the peer stopped reading before all was sent."""
        while self.left:
            try:
                self.left = self.left[self.socket.send(self.left[:65536]):]
            except TimeoutError:
                return True
        return False

    def send_rest(self, seconds):
        self.socket.settimeout(seconds)
        while self.left:
            self.left = self.left[self.socket.send(self.left[:65536]):]
        self.socket.close()


def fill_log(script, url):
    """Posts until the log is full; returns how many messages were acknowledged."""
    acknowledged, status = 0, None
    for request in range(REQUESTS_MAX):
        lines = [line("http", request * LINES_PER_REQUEST + number) for number in range(LINES_PER_REQUEST)]
        status, headers = post(url, "\n".join(lines).encode())
        if status == 429:
            script.check("a full log: HTTP gets 429 with Retry-After in seconds",
                         (headers.get("retry-after") or "").isdigit(), dict(headers))
            return acknowledged
        if status != 200:
            break
        acknowledged += LINES_PER_REQUEST
    script.check("a full log: HTTP gets 429", False, f"{status} after {acknowledged}")
    return acknowledged


def datagrams_are_counted(script, appliance, udp):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(UDP_MESSAGES):
            sender.sendto(line("udp", number).encode(), ("127.0.0.1", udp))
            if number % 20 == 0:
                time.sleep(0.005)
    account = appliance.wait_for_ledger(
        lambda account: account["dropped_by_reason"].get("log_full", 0) > 0, 15, "udp")
    script.check("a full log: UDP is dropped, with the reason log_full",
                 account["dropped_by_reason"].get("log_full", 0) > 0, account)


def log_is_full_while_storage_is_away(script):
    seaweedfs = SeaweedFs(script).start()
    http_port, tcp, udp = free_port(), free_port(), free_port()
    appliance = Appliance(script, [
        {"dataset": "syslog", "format": "syslog", "testing": True, "inputs": [http(http_port)]},
        {"dataset": "tcp", "testing": True, "inputs": [syslog("tcp", tcp)]},
        {"dataset": "udp", "testing": True, "inputs": [syslog("udp", udp)]},
    ], name="full", storage=seaweedfs.storage(),
        shards={"cpus": [0], "log_disk_bytes_max": LOG_BYTES, "log_segment_bytes": SEGMENT_BYTES,
                "block_pool_bytes": POOL_BYTES})
    appliance.start()
    seaweedfs.stop()

    url = f"http://127.0.0.1:{http_port}/ingest/default/syslog"
    acknowledged = fill_log(script, url)
    sender = TcpSender(tcp, TCP_MESSAGES)
    script.check("a full log: a TCP sender stalls", sender.send_until_stalled())
    datagrams_are_counted(script, appliance, udp)
    blocked = wait_until(lambda: (found := appliance.component("shard 0"))[1] == "blocked" and found, 10)
    script.check_equal("a full log: HTTP still gets 429", post(url, line("http", 99_999_998).encode())[0], 429)
    script.check("a full log: /readyz says 503, which shard, and why", blocked and blocked[0] == 503 and blocked[2],
                 blocked or appliance.get("/readyz"))
    script.check_equal("a full log: /healthz answers", appliance.get("/healthz")[0], 200)
    script.check("the log keeps within its limit", log_bytes(appliance) <= LOG_BYTES, log_bytes(appliance))

    seaweedfs.start()
    sender.send_rest(DRAINED_SECONDS_MAX)
    account = appliance.wait_until_stored(acknowledged, DRAINED_SECONDS_MAX)
    script.check_equal("drained: of HTTP what was acknowledged is stored, and nothing of what was refused",
                       (account["stored"], account["received"] - account["rejected"]), (acknowledged, acknowledged))
    stored = appliance.wait_until_stored(TCP_MESSAGES, DRAINED_SECONDS_MAX, "tcp")
    script.check_equal("drained: of TCP everything is stored", (stored["received"], stored["stored"]),
                       (TCP_MESSAGES, TCP_MESSAGES))
    udp_account = appliance.wait_until_stored(UDP_MESSAGES, DRAINED_SECONDS_MAX, "udp")
    script.check_equal("drained: every datagram is stored or counted as dropped",
                       udp_account["stored"] + udp_account["dropped"], UDP_MESSAGES)
    for dataset, expected in (("syslog", acknowledged), ("tcp", TCP_MESSAGES)):
        rows = appliance.sql(f"select count(*) as n, count(distinct message) as different from default.{dataset}")
        script.check_equal(f"drained: SQL counts {dataset}", rows, [{"n": expected, "different": expected}])
    script.check("drained: ready again", wait_until(lambda: appliance.get("/readyz")[0] == 200, 10))
    script.check_equal("drained: HTTP is taken again", post(url, line("http", 99_999_999).encode())[0], 200)
    appliance.stop_well()


def log_bytes(appliance):
    segments = glob.glob(os.path.join(appliance.config["data_dir"], "log", "0", "*.log"))
    return sum(os.path.getsize(segment) for segment in segments)


def ends(connection, seconds):
    """Whether the peer closes the connection within this time."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def long_messages_are_cut(script, appliance, tcp, udp):
    text = line("cut", 0)
    with socket.create_connection(("127.0.0.1", tcp)) as stream:
        stream.sendall(f"{text}\n{line('short', 1)[:300]}\n".encode())
    with socket.create_connection(("127.0.0.1", tcp)) as stream:
        stream.sendall(f"{len(text)} {text}300 {line('short', 2)[:300]}".encode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), ("127.0.0.1", udp))
    account = appliance.wait_until_stored(5)
    script.check_equal("long messages are cut, not lost", (account["received"], account["stored"]), (5, 5))
    script.check_equal("and counted", account["aside"]["oversize_cut"], 3)
    rows = appliance.sql("select app_name, raw, message, parse_error from default.syslog")
    cut = [row for row in rows if row["app_name"] == "cut"]
    script.check_equal("each of the three ways", len(cut), 3)
    script.check("cut at the limit, marked, the beginning kept",
                 all(row["parse_error"] and row["raw"] == text[:480] for row in cut),
                 [(row["parse_error"], len(row["raw"] or "")) for row in cut])
    script.check_equal("messages behind a long one are whole",
                       sorted(row["message"] for row in rows if row["app_name"] == "short"),
                       sorted(line("short", number)[:300].split(" - - - ")[1] for number in (1, 2)))


def connections_are_limited(script, appliance, tcp):
    kept = [socket.create_connection(("127.0.0.1", tcp)) for _ in range(2)]
    # Accepting is the appliance's, later than the kernel's.
    time.sleep(0.5)
    third = socket.create_connection(("127.0.0.1", tcp))
    script.check("one connection too many is closed", ends(third, 10))
    third.close()
    account = appliance.wait_for_ledger(lambda account: account["aside"]["connection_limit"] > 0, 10, "few")
    script.check_equal("and counted", account["aside"]["connection_limit"], 1)
    for connection in kept:
        connection.sendall(line("few", 1).encode() + b"\n")
    account = appliance.wait_until_stored(2, 15, "few")
    script.check_equal("the others go on", account["stored"], 2)
    kept[0].close()
    time.sleep(0.5)
    with socket.create_connection(("127.0.0.1", tcp)) as later:
        later.sendall(line("few", 2).encode() + b"\n")
        account = appliance.wait_until_stored(3, 15, "few")
    script.check_equal("a closed connection gives its place up", account["stored"], 3)
    kept[1].close()


def idle_connections_are_closed(script, port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(line("idle", 1).encode() + b"\n")
        script.check("a connection that sends nothing is closed", ends(connection, 20))


def connections_and_messages(script):
    udp, tcp, few, idle = (free_port() for _ in range(4))
    appliance = Appliance(script, [
        {"dataset": "syslog", "testing": True, "inputs": [
            syslog("udp", udp, max_message_bytes=480), syslog("tcp", tcp, max_message_bytes=480)]},
        {"dataset": "few", "testing": True, "inputs": [syslog("tcp", few, max_connections=2)]},
        {"dataset": "idle", "testing": True, "inputs": [syslog("tcp", idle, idle_timeout_seconds=1)]},
    ], name="limits", shards={"cpus": [0]})
    appliance.start()
    long_messages_are_cut(script, appliance, tcp, udp)
    connections_are_limited(script, appliance, few)
    idle_connections_are_closed(script, idle)
    appliance.stop_well()


def main(script):
    connections_and_messages(script)
    log_is_full_while_storage_is_away(script)


if __name__ == "__main__":
    run_script(main)
