"""One role of the appliance as a process of its own: start, ask, stop, kill."""
import json
import os
import urllib.request

from .appliance import binary
from .ports import free_port
from .process import ReadyProcess

# Where the settings of a role name its health address.
HEALTH_SETTINGS = {"proxy": ("health", "listen"), "receiver": ("receiver", "health_listen"),
                   "piper": ("piper", "listen"), "packer": ("packer", "listen")}


class Role(ReadyProcess):
    """The process and its configuration, which is `shared` with a name, a data folder and ports of its own."""

    def __init__(self, script, role, name, shared, **settings):
        super().__init__(script, name)
        self.role = role
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

    def start(self, wait=True):
        with open(self.config_file, "w") as out:
            json.dump(self.config, out, indent=2)
        return self.start_command([binary(), self.role, "--config", self.config_file], wait)

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
