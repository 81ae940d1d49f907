"""nfcapd and sfcapd beside us, and what gives each datagram to both."""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from .ports import free_port
from .script import Skip, end, wait_until

DATAGRAM_BYTES_MAX = 65535
# A collector rotates its files no oftener than this; the test is over by then, and the end closes the file too.
ROTATION_SECONDS = 3600


class Duplicator:
    """Takes datagrams at a port, and sends each to all targets from one socket: one exporter for all of them."""

    def __init__(self, targets, inlet=None):
        self.inlet = inlet or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.inlet.bind(("127.0.0.1", self.port))
        self.inlet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.outlet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.targets = [("127.0.0.1", target) for target in targets]
        self.datagrams, self.last_at = 0, time.monotonic()
        threading.Thread(target=self._pass_on, daemon=True).start()

    def _pass_on(self):
        while True:
            try:
                datagram = self.inlet.recv(DATAGRAM_BYTES_MAX)
            except OSError:
                return
            for target in self.targets:
                try:
                    self.outlet.sendto(datagram, target)
                except ConnectionRefusedError:
                    # The answer to an earlier datagram: a target is not there yet, or no longer.
                    pass
            self.datagrams, self.last_at = self.datagrams + 1, time.monotonic()

    def wait_until_quiet(self, seconds_quiet, seconds_max):
        """Waits until nothing has come for a while; whether it is so."""
        return wait_until(lambda: self.datagrams and time.monotonic() - self.last_at > seconds_quiet, seconds_max)

    def close(self):
        self.inlet.close()
        self.outlet.close()


class Collector:
    """nfcapd or sfcapd as a process. `flows()` ends it and reads what it stored."""

    def __init__(self, script, program, name):
        self.dump = shutil.which("nfdump")
        if not shutil.which(program) or not self.dump:
            raise Skip(f"no {program} and nfdump")
        self.script, self.port = script, free_port()
        self.folder = script.make_folder(name)
        command = [program, "-p", str(self.port), "-b", "127.0.0.1", "-w", self.folder, "-t", str(ROTATION_SECONDS),
                   "-P", script.path(f"{name}.pid")]
        self.process = script.start(command, f"{name}.log")
        wait_until(self._listens, 10)

    def _listens(self):
        with open("/proc/net/udp") as table:
            return any(line.split()[1].endswith(f":{self.port:04X}") for line in list(table)[1:])

    def flows(self):
        end(self.process, signal.SIGTERM)
        flows = []
        for file in sorted(glob.glob(os.path.join(self.folder, "nfcapd.2*"))):
            done = subprocess.run([self.dump, "-r", file, "-o", "json"], capture_output=True, text=True, timeout=60)
            if done.returncode == 0 and done.stdout.strip():
                flows += json.loads(done.stdout)
        return flows
