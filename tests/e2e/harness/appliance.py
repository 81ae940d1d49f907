"""`bytefreezer run` as a process: start, ask, reload, stop, kill."""
import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from .ports import free_port
from .process import ReadyProcess
from .script import Skip, wait_until

SQL_SECONDS_MAX = 60


def binary():
    """The program under test: $BYTEFREEZER_BIN, or the one on PATH."""
    found = os.environ.get("BYTEFREEZER_BIN") or shutil.which("bytefreezer")
    if not found or not os.access(found, os.X_OK):
        raise Skip("no bytefreezer: set BYTEFREEZER_BIN")
    return os.path.abspath(found)


def syslog(transport, port, **settings):
    """An input of syslog in a configuration."""
    return {"type": "syslog", "transport": transport, "listen": f"127.0.0.1:{port}", **settings}


def http(port, **settings):
    """An HTTP input in a configuration."""
    return {"type": "http", "listen": f"127.0.0.1:{port}", **settings}


class Appliance(ReadyProcess):
    """The process and its configuration; one at a time works in `folder`."""

    def __init__(self, script, datasets, name="appliance", **settings):
        super().__init__(script, name)
        self.health_port, self.query_port = free_port(), free_port()
        self.config = {
            "instance": "e2e",
            "data_dir": os.path.join(self.folder, "data"),
            "health": {"listen": f"127.0.0.1:{self.health_port}"},
            "query": {"listen": f"127.0.0.1:{self.query_port}", "rows_max": 1_000_000},
            "datasets": datasets,
            **settings,
        }

    def write_config(self):
        """JSON is YAML. A new file: to cut the old one off may wait for the disk, which is busy with the log."""
        if os.path.exists(self.config_file):
            os.remove(self.config_file)
        with open(self.config_file, "w") as out:
            json.dump(self.config, out, indent=2)

    def start(self, wait=True):
        """Starts it; with `wait`, until it says `ready`."""
        self.write_config()
        return self.start_command([binary(), "run", "--config", self.config_file], wait)

    def reload(self):
        self.write_config()
        self.process.send_signal(signal.SIGHUP)

    def get(self, path):
        """Status and parsed body of a GET at the health address."""
        url = f"http://127.0.0.1:{self.health_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def component(self, name):
        """State and reason of a component in /readyz, with the status of the answer."""
        status, body = self.get("/readyz")
        for component in body["components"]:
            if component["name"] == name:
                return status, component["state"], component.get("reason", "")
        return status, "absent", ""

    def ledger(self, dataset="syslog", tenant="default"):
        """The account of a dataset; zeros when it has none."""
        accounts = self.get("/api/v1/ledger")[1]["datasets"]
        self.imbalances.extend(account["imbalance"] for account in accounts)
        for account in accounts:
            if (account["tenant"], account["dataset"]) == (tenant, dataset):
                return account
        return {"received": 0, "stored": 0, "in_flight": 0, "imbalance": 0, "dropped": 0, "filtered": 0,
                "rejected": 0, "dropped_by_reason": {}, "aside": {}}

    def wait_for_ledger(self, is_so, seconds=30, dataset="syslog"):
        """Reads the account until `is_so(account)`; returns the last one."""
        last = {}

        def look():
            last.update(self.ledger(dataset))
            return is_so(last)

        wait_until(look, seconds, 0.2)
        return last

    def wait_until_stored(self, events, seconds=30, dataset="syslog"):
        return self.wait_for_ledger(
            lambda account: account["received"] >= events and account["in_flight"] == 0, seconds, dataset)

    def sql(self, statement):
        """Rows as dictionaries, by `bytefreezer sql`; [] while the table is not there yet."""
        command = [binary(), "sql", "--config", self.config_file, "--format", "json", statement]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SQL_SECONDS_MAX)
        if done.returncode == 0:
            return json.loads(done.stdout)
        if "there is no lake" in done.stderr or "there is no table" in done.stderr:
            return []
        raise RuntimeError(f"bytefreezer sql {statement!r}: {done.stderr}")

    def fakedata(self, *arguments, log="fakedata.log"):
        """Starts `bytefreezer fakedata`; its report is in `log`."""
        return self.script.start([binary(), "fakedata", *map(str, arguments)], os.path.join(self.name, log))

    def fakedata_report(self, process, log="fakedata.log", seconds=120):
        """Waits for a fakedata, and returns what it says it sent."""
        process.wait(seconds)
        with open(os.path.join(self.folder, log)) as output:
            text = output.read()
        if process.returncode != 0:
            raise RuntimeError(f"fakedata failed: {text}")
        return json.loads(text.strip().splitlines()[-1])

    def parquet_files(self, dataset="syslog", tenant="default"):
        """A glob of the files of a dataset in the local lake."""
        return os.path.join(self.config["data_dir"], "lake", tenant, dataset, "data", "parquet", "**", "*.parquet")
