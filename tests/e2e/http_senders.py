"""HTTP senders: curl with every packing, webhooks, TLS, and requests as Splunk's and Elasticsearch's clients make them."""
import gzip
import hashlib
import hmac
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import zlib

from harness.appliance import Appliance, http as http_input
from harness.certificates import Authority
from harness.ports import free_port
from harness.script import run_script

SEEN_SECONDS_MAX = 10
SECRET = "It's a Secret to Everybody"
BOMB_BYTES = 256 << 20
# What the appliance may take more while it refuses bombs: `max_unpacked_bytes` of the requests at a time, and their rest.
BOMB_MEMORY_BYTES_MAX = 64 << 20
CONNECTIONS = 8


class Senders:
    """One appliance with every kind of HTTP input, and how many events it took."""

    def __init__(self, script):
        self.script = script
        self.port, self.tls, self.mutual_tls = free_port(), free_port(), free_port()
        self.authority = Authority(script, "authority")
        certificate, key = self.authority.sign("server", "serverAuth")
        tls = {"certificate_file": certificate, "key_file": key}
        mutual = {**tls, "client_ca_file": self.authority.certificate, "require_client_certificate": True}
        limits = {"max_unpacked_bytes": "4 MiB", "max_connections": CONNECTIONS}
        # `keep_raw`, so that each event is seen as it came, whatever the format makes of it.
        self.appliance = Appliance(script, [
            {"dataset": "web", "format": "syslog", "testing": True, "keep_raw": True, "inputs": [
                http_input(self.port, token="abc", **limits),
                http_input(self.port, path="/hook", signature={"secret": SECRET}, headers=["X-GitHub-Event"], **limits),
                http_input(self.port, mode="splunk_hec", token="abc", **limits),
                http_input(self.port, mode="elasticsearch", path="/es", token="abc", **limits),
                http_input(self.tls, tls=tls), http_input(self.mutual_tls, tls=mutual)]},
        ])
        self.taken = 0

    def url(self, path="/ingest/default/web", port=None, scheme="http"):
        return f"{scheme}://127.0.0.1:{port or self.port}{path}"

    def curl(self, *arguments, data=b""):
        """Status and body of a request by curl, the body of which is `data`; status 0 when there is no answer."""
        command = ["curl", "--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}",
                   "--data-binary", "@-", *arguments]
        done = subprocess.run(command, input=data, capture_output=True, timeout=90)
        body, _, status = done.stdout.decode(errors="replace").rpartition("\n")
        return int(status or 0), body

    def post(self, *arguments, data=b"", token="abc"):
        return self.curl("--header", f"Authorization: Bearer {token}", *arguments, self.url(), data=data)

    def takes(self, what, answer, events):
        """A request was answered with 200 and so many events."""
        status, body = answer
        self.taken += events
        self.script.check_equal(what, (status, json.loads(body) if status == 200 else body),
                                (200, {"accepted": events}))

    def refuses(self, what, answer, status):
        self.script.check_equal(f"refused, and nothing taken: {what}", (answer[0], answer[1] != ""), (status, True))

    def request(self, method, path, body=b"", **headers):
        """As a client library asks: status, headers, parsed body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers, json.loads(text) if text else None


def curl_sends(senders):
    lines = b"".join(b'{"number": %d}\n' % number for number in range(1000))
    as_ndjson = ("--header", "Content-Type: application/x-ndjson")
    senders.takes("curl: NDJSON", senders.post(*as_ndjson, data=lines), 1000)
    senders.takes("curl --data-binary alone, which it calls a form: lines of JSON", senders.post(data=lines), 1000)
    senders.takes("curl: gzip", senders.post("--header", "Content-Encoding: gzip", *as_ndjson,
                                             data=gzip.compress(lines)), 1000)
    senders.takes("curl: deflate", senders.post("--header", "Content-Encoding: deflate", *as_ndjson,
                                                data=zlib.compress(lines)), 1000)
    if shutil.which("zstd"):
        packed = subprocess.run(["zstd", "--stdout", "--quiet"], input=lines, capture_output=True, check=True).stdout
        senders.takes("curl: zstd", senders.post("--header", "Content-Encoding: zstd", *as_ndjson, data=packed), 1000)
    else:
        senders.script.skip_part("no zstd to pack a body with")
    as_json = ("--header", "Content-Type: application/json")
    listed = json.dumps([{"number": number, "text": "]}\"["} for number in range(10)], indent=2).encode()
    senders.takes("curl: a JSON list, an event for each element", senders.post(*as_json, data=listed), 10)
    senders.takes("curl: a JSON object", senders.post(*as_json, data=b'{\n  "one": "object"\n}\n'), 1)
    senders.takes("curl: a form", senders.post(data=b"name=a+b&name=c&other=%7B%7D"), 1)
    senders.takes("curl: chunked", senders.post("--header", "Transfer-Encoding: chunked", data=b"a line\n"), 1)
    senders.takes("curl: nothing", senders.post(data=b""), 0)


def curl_is_refused(senders):
    bearer = ("--header", "Authorization: Bearer abc")
    senders.refuses("another token", senders.post(data=b"x", token="abd"), 401)
    senders.refuses("no token", senders.curl(senders.url(), data=b"x"), 401)
    senders.refuses("two codings", senders.post("--header", "Content-Encoding: gzip, zstd", data=b"x"), 415)
    senders.refuses("half a gzip", senders.post("--header", "Content-Encoding: gzip",
                                                data=gzip.compress(b"x" * 1000)[:-9]), 400)
    senders.refuses("JSON that is none", senders.post("--header", "Content-Type: application/json", data=b"{"), 400)
    senders.refuses("a long event", senders.post(data=b"x" * (300 << 10)), 413)
    # Without `Expect: 100-continue` all of it is on its way before the answer can be.
    senders.refuses("a body longer than max_body_bytes", senders.post("--header", "Expect:", data=b"x\n" * (6 << 20)), 413)
    senders.script.check_equal("another path is not found", senders.curl(*bearer, senders.url("/other"))[0], 404)


def bombs_are_refused(senders):
    """A few at a time, and the memory of the process says what they cost."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(BOMB_BYTES >> 20)) + packer.flush()
    bombs = [("gzip", bomb)]
    if shutil.which("zstd"):
        bombs.append(("zstd", subprocess.run(["zstd", "--stdout", "--quiet"], input=b"\0" * BOMB_BYTES,
                                             capture_output=True, check=True).stdout))
    before = memory_peak(senders)
    for coding, packed in bombs:
        answers = []
        senders_at_once = [threading.Thread(target=lambda: answers.append(
            senders.post("--header", f"Content-Encoding: {coding}", data=packed)[0])) for _ in range(4)]
        for sender in senders_at_once:
            sender.start()
        for sender in senders_at_once:
            sender.join()
        senders.script.check_equal(f"{coding}: {len(packed) >> 10} KiB that unpack to {BOMB_BYTES >> 20} MiB, four at once",
                                   answers, [413] * 4)
    grown = memory_peak(senders) - before
    senders.script.check(f"bombs cost no memory ({grown >> 20} MiB)", grown < BOMB_MEMORY_BYTES_MAX, grown)


def memory_peak(senders):
    """The most memory that the appliance ever held, in bytes."""
    with open(f"/proc/{senders.appliance.process.pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0


def webhooks(senders):
    body = json.dumps({"action": "opened", "number": 7}).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    def hook(signed, data=body):
        return senders.curl("--header", "Content-Type: application/json", "--header", "X-GitHub-Event: issues",
                            "--header", f"X-Hub-Signature-256: {signed}", senders.url("/hook"), data=data)

    senders.takes("a webhook signed as GitHub does", hook(signature), 1)
    senders.refuses("a webhook that was changed on its way", hook(signature, body.replace(b"7", b"8")), 401)
    senders.refuses("a webhook signed with another secret", hook(signature[:-1] + "0" if signature[-1] != "0"
                                                                 else signature[:-1] + "1"), 401)


def over_tls(senders):
    script, authority = senders.script, senders.authority
    certificate, key = authority.sign("sender", "clientAuth")
    trusting = ("--cacert", authority.certificate)
    url = senders.url(port=senders.tls, scheme="https")
    senders.takes("curl over TLS 1.3", senders.curl("--tlsv1.3", *trusting, url, data=b"over tls"), 1)
    script.check_equal("TLS 1.2 is refused", senders.curl("--tls-max", "1.2", *trusting, url, data=b"x")[0], 0)
    script.check_equal("plain HTTP is not spoken there",
                       senders.curl(senders.url(port=senders.tls), data=b"x")[0], 0)
    url = senders.url(port=senders.mutual_tls, scheme="https")
    senders.takes("curl with a client certificate",
                  senders.curl("--cert", certificate, "--key", key, *trusting, url, data=b"mutual"), 1)
    script.check_equal("no client certificate is refused", senders.curl(*trusting, url, data=b"x")[0], 0)


def splunk_sends(senders):
    """As the Splunk logging libraries, Docker's driver, Fluent Bit and Vector do."""
    script = senders.script
    collector = "/services/collector"
    token = {"Authorization": "Splunk abc"}
    batch = b"".join(b'{"time": 1700000000.5, "host": "h", "sourcetype": "x", "event": {"n": %d}}' % n for n in range(3))
    status, _, answer = senders.request("POST", f"{collector}/event", batch, **token)
    script.check_equal("HEC: a batch of objects", (status, answer), (200, {"text": "Success", "code": 0}))
    status, _, answer = senders.request("POST", f"{collector}?channel=c1", gzip.compress(batch),
                                        Content_Encoding="gzip", **token)
    script.check("HEC: gzip, with a channel: an id to ask about", status == 200 and "ackId" in answer, answer)
    asked = json.dumps({"acks": [answer.get("ackId", 0)]}).encode()
    status, _, acks = senders.request("POST", f"{collector}/ack?channel=c1", asked, **token)
    script.check_equal("HEC: what was answered with 200 is durable", (status, acks),
                       (200, {"acks": {str(answer.get("ackId", 0)): True}}))
    status, _, answer = senders.request("POST", f"{collector}/raw?host=web-1", b"one\ntwo\n", **token)
    script.check_equal("HEC: raw lines", (status, answer["code"]), (200, 0))
    senders.taken += 8
    script.check_equal("HEC: health", senders.request("GET", f"{collector}/health")[2]["code"], 17)
    status, _, answer = senders.request("POST", collector, batch, Authorization="Splunk abd")
    script.check_equal("HEC: another token", (status, answer), (403, {"text": "Invalid token", "code": 4}))
    status, _, answer = senders.request("POST", collector, b'{"event": 1} {"time": 2}', **token)
    script.check_equal("HEC: an object without event, by its number",
                       (status, answer), (400, {"text": "Event field is required", "code": 12, "invalid-event-number": 1}))


def elasticsearch_sends(senders):
    """As the official clients, Beats and Logstash do: ask who is there, set up, send, look at each item."""
    script = senders.script
    key = {"Authorization": "ApiKey aWQ6YWJj"}
    status, headers, info = senders.request("GET", "/es/", **key)
    script.check("Elasticsearch: product and version", status == 200 and headers["X-Elastic-Product"] == "Elasticsearch"
                 and info["version"]["number"].startswith("8."), (status, info))
    script.check_equal("Elasticsearch: license", senders.request("GET", "/es/_license", **key)[2]["license"]["type"],
                       "basic")
    script.check_equal("Elasticsearch: a template is acknowledged",
                       senders.request("PUT", "/es/_index_template/logs", b"{}", **key)[2], {"acknowledged": True})
    actions = []
    for number in range(3):
        actions += [{"create": {"_index": "logs-x"}}, {"@timestamp": "2026-11-21T10:00:00Z", "n": number}]
    actions += [{"delete": {"_index": "logs-x", "_id": "1"}}]
    body = "".join(json.dumps(action) + "\n" for action in actions).encode()
    status, _, answer = senders.request("POST", "/es/_bulk", body, Content_Type="application/x-ndjson", **key)
    statuses = [next(iter(item.values()))["status"] for item in answer["items"]]
    script.check_equal("Elasticsearch: create is taken, delete is not, each item says so",
                       (status, answer["errors"], statuses), (200, True, [201, 201, 201, 400]))
    body = gzip.compress(b'{"index":{}}\n{"n":4}\n')
    status, _, answer = senders.request("POST", "/es/logs-y/_bulk", body, Content_Type="application/x-ndjson",
                                        Content_Encoding="gzip", Authorization="Basic dXNlcjphYmM=")
    script.check_equal("Elasticsearch: gzip, the index in the path, a password",
                       (status, answer["errors"], answer["items"][0]["index"]["_index"]), (200, False, "logs-y"))
    senders.taken += 4
    status, _, answer = senders.request("POST", "/es/_bulk", body=b'{"n":4}\n', **key)
    script.check_equal("Elasticsearch: a line that is no action", (status, answer["status"]), (400, 400))


def connections_are_limited(senders):
    """Connections that send nothing take every place; the next one waits, and gets its turn when one of them goes."""
    silent = [socket.create_connection(("127.0.0.1", senders.port), timeout=15) for _ in range(CONNECTIONS)]
    waiting = http.client.HTTPConnection("127.0.0.1", senders.port, timeout=3)
    answered = True
    try:
        waiting.request("GET", "/services/collector/health")
        waiting.getresponse()
    except TimeoutError:
        answered = False
    senders.script.check("one connection more than there are places waits", not answered)
    for connection in silent:
        connection.close()
    senders.script.check_equal("and others are served once there are places",
                               senders.request("GET", "/services/collector/health")[0], 200)


def events_are_as_sent(senders):
    def raw(condition):
        rows = senders.appliance.sql(f"select source_type, raw from default.web where {condition}")
        return sorted((row["source_type"], row["raw"]) for row in rows)

    script = senders.script
    script.check_equal("the header of the webhook is in its event", raw("raw like '%http_header%'"),
                       [("http", '{"http_header_x_github_event":"issues","action": "opened", "number": 7}')])
    script.check_equal("the form is an object", raw("raw like '%a b%'"),
                       [("http", '{"name":["a b","c"],"other":"{}"}')])
    script.check_equal("a HEC event is its object",
                       raw("source_type = 'splunk_hec' and raw like '%\"n\": 2%'"),
                       [("splunk_hec", '{"time": 1700000000.5, "host": "h", "sourcetype": "x", "event": {"n": 2}}')] * 2)
    script.check_equal("a bulk event is its action and its document", raw("raw like '%\"n\": 2}' and raw like '%create%'"),
                       [("elasticsearch_bulk", '{"create": {"_index": "logs-x"}}\n'
                                               '{"@timestamp": "2026-11-21T10:00:00Z", "n": 2}')])


def main(script):
    if not shutil.which("curl"):
        script.skip_part("no curl")
        return
    senders = Senders(script)
    senders.appliance.start()
    curl_sends(senders)
    curl_is_refused(senders)
    webhooks(senders)
    over_tls(senders)
    splunk_sends(senders)
    elasticsearch_sends(senders)
    bombs_are_refused(senders)
    connections_are_limited(senders)
    account = senders.appliance.wait_until_stored(senders.taken, SEEN_SECONDS_MAX, "web")
    script.check_equal("what was answered with 200 was received and stored, nothing else, and the account balances",
                       (account["received"], account["stored"], account["imbalance"]),
                       (senders.taken, senders.taken, 0))
    events_are_as_sent(senders)
    senders.appliance.stop_well()


if __name__ == "__main__":
    run_script(main)
