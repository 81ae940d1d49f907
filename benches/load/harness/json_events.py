"""Firewall events as NDJSON, about 400 bytes a line: the same count and seed give the same bytes."""
import datetime
import json
import os
import random

FIRST_TIME = datetime.datetime(2026, 1, 15, 8, 0, 0)
SPAN_MS = 8 * 3600 * 1000
SEED = 20260115


class Skewed:
    """Draws from values, the first ones most often."""

    def __init__(self, rng, values, exponent):
        weights = [1 / (place + 1) ** exponent for place in range(len(values))]
        self.rng, self.drawn = rng, rng.choices(values, weights=weights, k=1 << 16)

    def draw(self):
        return self.drawn[self.rng.getrandbits(16)]


def addresses(rng, first_bytes, count):
    return [".".join(str(part) for part in (rng.choice(first_bytes), *(rng.randint(1, 254) for _ in range(3))))
            for _ in range(count)]


class Events:
    """Fields of mixed kinds: times, addresses, words, users, numbers of all sizes, some that not every event has."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.inside = Skewed(rng, addresses(rng, (10, 172, 192), 8000), 0.8)
        self.outside = Skewed(rng, addresses(rng, (52, 104, 142, 151, 185, 203), 20000), 0.9)
        self.user = Skewed(rng, [f"{name}.{number}" for name in "anna ben carla dmitri elif fatou george hana ivan julia".split()
                                 for number in range(200)], 0.7)
        self.site = Skewed(rng, [f"{name}.example.{end}" for name in "north blue quick data cloud open micro stream".split()
                                 for end in "com net org io".split()], 0.9)
        self.path = Skewed(rng, [f"/{first}/{second}" for first in "v1 v2 assets account search feed media static".split()
                                 for second in "index items profile session token update logo.png data.json".split()], 0.8)
        self.app = Skewed(rng, "ssl web-browsing dns quic ms-office365 ssh smtp ntp ldap kerberos rdp ftp".split(), 1.1)
        self.country = Skewed(rng, "US DE FR GB NL CN BR IN JP SG IE CA AU SE PL UA TR NG".split(), 1.1)
        self.rule = Skewed(rng, [f"rule-{number:03d}" for number in range(60)], 1.1)
        self.device = Skewed(rng, [f"fw-{site}-{number:02d}" for site in ("ams", "fra", "lon", "nyc") for number in range(1, 5)], 0.5)
        self.port = Skewed(rng, [443, 80, 53, 22, 25, 123, 3389, 8080, 8443, 445, 993, 389], 1.1)
        self.reason = Skewed(rng, ["session closed by client", "session closed by server", "session aged out",
                                   "connection reset by peer", "policy match", "rate limit exceeded"], 0.9)

    def event(self, at):
        rng, action = self.rng, "allow" if self.rng.random() < 0.82 else "deny"
        port, app = self.port.draw(), self.app.draw()
        sent, received = int(rng.lognormvariate(7.5, 1.8)), int(rng.lognormvariate(8.5, 2.0))
        is_web = port in (443, 80, 8080, 8443)
        session = rng.getrandbits(30)
        return {
            "ts": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z",
            "device": self.device.draw(), "source_ip": self.inside.draw(), "dest_ip": self.outside.draw(),
            "source_port": rng.randint(1024, 65535), "dest_port": port, "proto": "udp" if port in (53, 123) else "tcp",
            "action": action, "rule": self.rule.draw(), "app": app,
            "user": self.user.draw() if rng.random() < 0.7 else None, "country": self.country.draw(),
            "severity": rng.choice((6, 6, 6, 5, 4, 3)), "bytes_sent": sent, "bytes_received": received,
            "packets": 1 + (sent + received) // 900, "score": rng.randint(0, 1000) / 1000, "session_id": session,
            "url": f"https://{self.site.draw()}{self.path.draw()}?id={rng.getrandbits(24)}" if is_web else None,
            "message": f"{action} {app} sid={session} {self.reason.draw()}",
        }


def write(path, count):
    """Writes `count` events, unless they are there already."""
    if os.path.exists(path):
        return
    encode = json.JSONEncoder(separators=(",", ":")).encode
    events, step_ms = Events(SEED), SPAN_MS / count
    with open(path + ".partial", "w", buffering=1 << 20) as out:
        for number in range(count):
            at = FIRST_TIME + datetime.timedelta(milliseconds=int(number * step_ms))
            out.write(encode(events.event(at)) + "\n")
    os.rename(path + ".partial", path)
