"""A process of ours that says `ready`: its lines, its errors, its end."""
import os
import signal
import subprocess
import threading

from .script import end, wait_until

START_SECONDS_MAX = 60
DRAIN_SECONDS_MAX = 75


class ReadyProcess:
    """One process at a time works in `folder`; who derives from it knows the command."""

    def __init__(self, script, name):
        self.script, self.name = script, name
        self.folder = script.make_folder(name)
        self.config_file = os.path.join(self.folder, "bytefreezer.yaml")
        self.errors_file = os.path.join(self.folder, "errors.log")
        self.process, self.lines, self.imbalances = None, [], []

    def start_command(self, command, wait):
        """Starts it; with `wait`, until it says `ready`."""
        self.lines = []
        log = os.path.relpath(self.errors_file, self.script.folder)
        self.process = self.script.start(command, log, stdout=subprocess.PIPE, text=True)
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
        """What it said on standard error, over all its starts."""
        with open(self.errors_file, errors="replace") as log:
            return log.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit code."""
        return end(self.process, signal.SIGTERM, DRAIN_SECONDS_MAX)

    def stop_well(self):
        """SIGTERM, and the claims that hold for every process: drained with 0, and the account always balanced."""
        self.script.check_equal(f"{self.name}: SIGTERM drains and exits with 0", self.stop(), 0)
        self.script.check(f"{self.name}: the account balanced whenever it was read",
                          not any(self.imbalances), [one for one in self.imbalances if one][:5])
        self.script.check(f"{self.name}: nothing panicked", "panicked" not in self.errors(), self.errors()[-2000:])
