"""The sender: `bytefreezer fakedata` on its own core."""
import json
import subprocess

from . import settings


class Sender:
    """A sender at work. `report()` waits for its end."""

    def __init__(self, what, target, seconds, rate=0, options=()):
        command = ["taskset", "-c", str(settings.SENDER_CORE), *settings.SENDER, what, "--target", target,
                   "--seconds", str(seconds), "--rate", str(rate), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def is_at_work(self):
        return self.process.poll() is None

    def report(self):
        out, errors = self.process.communicate()
        if self.process.returncode != 0:
            raise RuntimeError(f"the sender failed: {errors.strip() or out.strip()}")
        return json.loads(out)


MESSAGES = ("--size", str(settings.MESSAGE_BYTES), "--kind", settings.KIND)


def syslog(transport, port, seconds, rate=0, options=()):
    return Sender("syslog", f"127.0.0.1:{port}", seconds, rate, [*MESSAGES, "--transport", transport, *options])


def http(url, seconds, rate, batch, connections):
    return Sender("http", url, seconds, rate, [*MESSAGES, "--batch", str(batch), "--connections", str(connections)])


def flows(kind, port, seconds, rate):
    """Datagrams of `netflow9` and its like; the rate is that of datagrams. One domain, which does not sample."""
    return Sender(kind, f"127.0.0.1:{port}", seconds, rate, ["--domains", "1"])
