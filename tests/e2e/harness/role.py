"""One role of the appliance as a process of its own: start, ask, stop, kill."""
import json
import os
import signal
import subprocess
import threading
import urllib.request

from .appliance import DRAIN_SECONDS_MAX, START_SECONDS_MAX, binary
from .ports import free_port
from .script import end, wait_until

# Where the settings of a role name its health address.
HEALTH_SETTINGS = {"proxy": ("health", "listen"), "receiver": ("receiver", "health_listen"),
                   "piper": ("piper", "listen"), "packer": ("packer", "listen")}


class Role:
    """The process and its configuration, which is `shared` with a name, a data folder and ports of its own."""

    def __init__(self, script, role, name, shared, **settings):
        self.script, self.role, self.name = script, role, name
        self.folder = script.make_folder(name)
        self.config_file = os.path.join(self.folder, "bytefreezer.yaml")
        self.health_port = free_port()
        config = json.loads(json.dumps(shared))
        config.update(instance=name, data_dir=os.path.join(self.folder, "data"))
        for section, values in settings.items():
            config[section] = {**config.get(section, {}), **values} if isinstance(values, dict) else values
        section, key = HEALTH_SETTINGS[role]
        config.setdefault(section, {})[key] = f"127.0.0.1:{self.health_port}"
        # Every process has the whole configuration; what it does not use must not collide all the same.
        config.setdefault("query", {})["listen"] = f"127.0.0.1:{free_port()}"
        self.config = config
        self.process, self.lines, self.imbalances = None, [], []

    def start(self, wait=True):
        with open(self.config_file, "w") as out:
            json.dump(self.config, out, indent=2)
        self.lines = []
        command = [binary(), self.role, "--config", self.config_file]
        self.process = self.script.start(command, os.path.join(self.name, "errors.log"), stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read_lines, args=(self.process, self.lines), daemon=True).start()
        if wait:
            self.wait_for_ready()
        return self

    @staticmethod
    def _read_lines(process, lines):
        for line in process.stdout:
            lines.append(line.rstrip("\n"))

    def wait_for_ready(self):
        wait_until(lambda: "ready" in self.lines or self.process.poll() is not None, START_SECONDS_MAX, 0.02)
        if "ready" not in self.lines:
            raise RuntimeError(f"{self.name} did not become ready: {self.lines} {self.errors()[-2000:]}")

    def errors(self):
        with open(os.path.join(self.folder, "errors.log"), errors="replace") as log:
            return log.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        return end(self.process, signal.SIGTERM, DRAIN_SECONDS_MAX)

    def stop_well(self):
        self.script.check_equal(f"{self.name}: SIGTERM drains and exits with 0", self.stop(), 0)
        self.script.check(f"{self.name}: the account balanced whenever it was read",
                          not any(self.imbalances), [one for one in self.imbalances if one][:5])
        self.script.check(f"{self.name}: nothing panicked", "panicked" not in self.errors(), self.errors()[-2000:])

    def ledger(self):
        """The accounts of all datasets by name; {} while it does not answer."""
        try:
            url = f"http://127.0.0.1:{self.health_port}/api/v1/ledger"
            with urllib.request.urlopen(url, timeout=30) as answer:
                accounts = json.load(answer)["datasets"]
        except OSError:
            return {}
        self.imbalances.extend(account["imbalance"] for account in accounts)
        return {account["dataset"]: account for account in accounts}
