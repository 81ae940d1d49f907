"""Real exporters over loopback: softflowd and Open vSwitch export to ByteFreezer and to nfcapd or sfcapd, the same
datagrams to both. Both must have the same flows, with the same bytes and packets."""
import collections
import os
import shutil
import signal
import socket
import subprocess
import time

from harness.appliance import Appliance
from harness.collectors import Collector, Duplicator
from harness.namespace import Namespace
from harness.packets import ACK, FIN, ICMP, ICMP6, PSH, SYN, TCP, UDP, frame, write_capture
from harness.ports import free_port
from harness.script import Skip, end, run_script, wait_until

VERSIONS = {"netflow_v5": "5", "netflow_v9": "9", "ipfix": "10"}
CONVERSATIONS = 400
SWITCH_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
FLAG_LETTERS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128}
OF_PORTS = (TCP, UDP)
ETHERNET_BYTES = 14


def conversations():
    """(source, dest, protocol, source port, dest port, sizes of payloads), of IPv4 and IPv6."""
    for number in range(CONVERSATIONS):
        is_v6 = number % 5 == 4
        source = f"2001:db8:a::{number + 1:x}" if is_v6 else f"10.1.{number // 200}.{number % 200 + 1}"
        dest = f"2001:db8:b::{number % 40 + 1:x}" if is_v6 else f"192.0.2.{number % 40 + 1}"
        protocol = (TCP, TCP, UDP, ICMP6 if is_v6 else ICMP)[number % 4]
        ports = (20_000 + number, (443, 80, 53)[number % 3]) if protocol in OF_PORTS else (0, 0)
        sizes = [20 + (number * 37 + index * 101) % 900 for index in range(1 + number * 7 % 11)]
        yield source, dest, protocol, *ports, sizes


def frames():
    for source, dest, protocol, source_port, dest_port, sizes in conversations():
        for index, size in enumerate(sizes):
            flags = SYN if index == 0 else ACK | PSH if index + 1 < len(sizes) else ACK | FIN
            yield frame(source, dest, protocol, source_port, dest_port, flags, size)


def of_nfdump(flow):
    """What is compared, of a flow as nfdump writes it. It has ICMP's type in place of the ports."""
    ports = (flow["src_port"], flow["dst_port"]) if flow["proto"] in OF_PORTS else (0, 0)
    flags = sum(FLAG_LETTERS.get(letter, 0) for letter in flow.get("tcp_flags", "")) if flow["proto"] == TCP else 0
    source, dest = (flow.get(f"{side}4_addr") or flow.get(f"{side}6_addr") for side in ("src", "dst"))
    return source, dest, *ports, flow["proto"], flow["in_packets"], flow["in_bytes"], flags


def of_row(row):
    """The same of a row of ours."""
    ports = (row["source_port"], row["dest_port"]) if row["protocol"] in OF_PORTS else (0, 0)
    flags = (row.get("tcp_flags") or 0) if row["protocol"] == TCP else 0
    return (row["source_ip"], row["dest_ip"], *ports, row["protocol"], row["packets"], row["bytes"], flags)


def compare(script, what, rows, flows):
    ours, theirs = (collections.Counter(one) for one in (rows, flows))
    script.check(f"{what}: the same {sum(theirs.values())} flows in both", ours == theirs,
                 f"{sum(ours.values())} rows for {sum(theirs.values())} flows; "
                 f"only ours: {list((ours - theirs).items())[:5]}; only theirs: {list((theirs - ours).items())[:5]}")


COLUMNS = "source_ip, dest_ip, source_port, dest_port, protocol, packets, bytes"


def rows_of(appliance, dataset, columns=f"{COLUMNS}, tcp_flags"):
    """The flows of a dataset once all that was received is stored."""
    account = appliance.wait_until_stored(1, 60, dataset)
    appliance.script.check_equal(f"{dataset}: the account balances", account["imbalance"], 0)
    # A column that no row has a value for is not there.
    found = [row["column_name"] for row in appliance.sql(f"describe default.{dataset}")]
    appliance.script.check(f"{dataset}: every datagram was understood", found and "parse_error" not in found, found)
    return appliance.sql(f"select {columns} from default.{dataset} where record_type = 'flow'")


def softflowd_exports(script, appliance, ports):
    if not shutil.which("softflowd"):
        script.skip_part("no softflowd")
        return
    capture = script.path("traffic.pcap")
    all_frames = list(frames())
    write_capture(capture, all_frames, time.time() - 300)
    for dataset, version in VERSIONS.items():
        collector = Collector(script, "nfcapd", f"nfcapd-{dataset}")
        duplicator = Duplicator([collector.port, ports[dataset]])
        # -a: times of the capture are taken for now; -6: IPv6 too, which v5 leaves out by itself.
        subprocess.run(["softflowd", "-r", capture, "-n", f"127.0.0.1:{duplicator.port}", "-v", version, "-d", "-a", "-6",
                        "-c", "none", "-p", script.path("softflowd.pid")], check=True, capture_output=True, timeout=60)
        duplicator.wait_until_quiet(1, 20)
        found = [of_row(row) for row in rows_of(appliance, dataset)]
        theirs = [of_nfdump(flow) for flow in collector.flows()]
        compare(script, f"softflowd {dataset}, with bytes and packets", found, theirs)
        is_v5 = dataset == "netflow_v5"
        sent = [one for one in conversations() if not (is_v5 and ":" in one[0])]
        script.check_equal(f"softflowd {dataset}: a flow for each conversation of the capture, and all its packets",
                           (len(found), sum(row[5] for row in found)), (len(sent), sum(len(one[5]) for one in sent)))
        duplicator.close()


class Switch:
    """Open vSwitch in a folder and a network namespace of its own, with two ports on a bridge in user space."""

    def __init__(self, script, namespace):
        for program in ("ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl"):
            if not shutil.which(program):
                raise Skip(f"no {program} (openvswitch-switch)")
        if not os.path.exists(SWITCH_SCHEMA):
            raise Skip("no schema of Open vSwitch")
        self.script, self.namespace = script, namespace
        self.folder = script.make_folder("ovs")
        self.database = f"unix:{self.folder}/db.sock"
        environment = {**os.environ, "OVS_RUNDIR": self.folder, "OVS_LOGDIR": self.folder, "OVS_DBDIR": self.folder}
        file = os.path.join(self.folder, "conf.db")
        subprocess.run(["ovsdb-tool", "create", file, SWITCH_SCHEMA], check=True, capture_output=True, env=environment)
        common = ("--no-chdir", "--pidfile")
        self.processes = [
            script.start(["ovsdb-server", file, f"--remote=p{self.database}", f"--unixctl={self.folder}/ovsdb.ctl",
                          *common], "ovsdb.log", env=environment)]
        wait_until(lambda: os.path.exists(f"{self.folder}/db.sock"), 20)
        self.set("init", wait=False)
        self.processes.append(
            script.start(namespace.command("ovs-vswitchd", self.database, f"--unixctl={self.folder}/vswitchd.ctl", *common),
                         "vswitchd.log", env=environment))
        for port in ("left", "right"):
            namespace.run("ip", "link", "add", port, "type", "veth", "peer", "name", f"{port}-end")
            namespace.run("ip", "link", "set", port, "up")
            namespace.run("ip", "link", "set", f"{port}-end", "up")
        self.set("add-br", "bridge", "--", "set", "bridge", "bridge", "datapath_type=netdev")
        self.set("add-port", "bridge", "left", "--", "add-port", "bridge", "right")

    def set(self, *arguments, wait=True):
        command = ["ovs-vsctl", f"--db={self.database}", "--timeout=20", *([] if wait else ["--no-wait"]), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise Skip(f"Open vSwitch does not run here: {done.stderr.strip()[-300:]}")

    def send(self, all_frames):
        """Frames into the left port, so slow that the switch can look at each."""
        wire = self.namespace.wire("left-end")
        for number, data in enumerate(all_frames):
            wire.send(data)
            if number % 10 == 9:
                time.sleep(0.02)
        wire.close()

    def close(self):
        for process in reversed(self.processes):
            end(process, signal.SIGTERM)


def switch_sends(script, appliance, ports):
    namespace = Namespace(f"bytefreezer-{os.getpid()}")
    switch = None
    try:
        switch = Switch(script, namespace)
        sflow_of(script, appliance, ports, switch)
        ipfix_of(script, appliance, ports, switch)
    finally:
        if switch:
            switch.close()
        namespace.close()


def duplicator_in(namespace, targets):
    return Duplicator(targets, inlet=namespace.socket(socket.AF_INET, socket.SOCK_DGRAM))


def documented(rows):
    """Only what the test sent: its addresses are those kept for documentation, and 10.1."""
    return [row for row in rows if row[0] and row[0].startswith(("10.1.", "2001:db8:"))]


def sflow_of(script, appliance, ports, switch):
    collector = Collector(script, "sfcapd", "sfcapd")
    duplicator = duplicator_in(switch.namespace, [collector.port, ports["sflow"]])
    switch.set("--", "--id=@exporter", "create", "sflow", "agent=lo", f'target="127.0.0.1:{duplicator.port}"', "header=128",
               "sampling=1", "polling=1", "--", "set", "bridge", "bridge", "sflow=@exporter")
    all_frames = list(frames())
    switch.send(all_frames)
    duplicator.wait_until_quiet(0.5, 3)
    time.sleep(3)
    switch.set("clear", "bridge", "bridge", "sflow")
    duplicator.wait_until_quiet(1, 10)
    rows = documented([of_row(row) for row in rows_of(appliance, "sflow")])
    theirs = documented([of_nfdump(flow) for flow in collector.flows()])
    script.check_equal("Open vSwitch sFlow at a rate of 1: a sample for each packet", len(rows), len(all_frames))
    compare(script, "Open vSwitch sFlow, with bytes and packets", rows, theirs)
    kinds = appliance.sql("select distinct record_type from default.sflow where record_type <> 'flow'")
    script.check("Open vSwitch sFlow: counters are there too", kinds, kinds)
    duplicator.close()


def ipfix_of(script, appliance, ports, switch):
    collector = Collector(script, "nfcapd", "nfcapd-switch")
    duplicator = duplicator_in(switch.namespace, [collector.port, ports["switch"]])
    switch.set("--", "--id=@exporter", "create", "ipfix", f'targets="127.0.0.1:{duplicator.port}"', "obs_domain_id=7",
               "obs_point_id=8", "cache_active_timeout=1", "cache_max_flows=4096", "sampling=1", "--", "set", "bridge",
               "bridge", "ipfix=@exporter")
    all_frames = list(frames())
    switch.send(all_frames)
    time.sleep(3)
    duplicator.wait_until_quiet(1, 15)
    switch.set("clear", "bridge", "bridge", "ipfix")
    duplicator.wait_until_quiet(1, 10)
    rows = rows_of(appliance, "switch", f"{COLUMNS}, direction")
    theirs = documented([of_nfdump(flow) for flow in collector.flows()])
    # nfdump takes packetTotalCount for the packets of a flow; the switch means those of all flows so far.
    compare(script, "Open vSwitch IPFIX, without counters", [one[:5] for one in documented(map(of_row, rows))],
            [one[:5] for one in theirs])
    # The switch tells of a flow where it comes in, and again at each port that it goes out by.
    came_in = collections.Counter()
    for flow in documented(of_row(row) for row in rows if row["direction"] == 0):
        came_in.update({(*flow[:5], "packets"): flow[5], (*flow[:5], "bytes"): flow[6]})
    script.check("Open vSwitch IPFIX: packets and bytes of each conversation are those that were sent", came_in == sent(),
                 f"{list((came_in - sent()).items())[:3]} too many, {list((sent() - came_in).items())[:3]} missing")
    duplicator.close()


def sent():
    """Packets and bytes at layer 3 of each conversation."""
    counts = collections.Counter()
    for source, dest, protocol, source_port, dest_port, sizes in conversations():
        for size in sizes:
            layer_3 = len(frame(source, dest, protocol, source_port, dest_port, 0, size)) - ETHERNET_BYTES
            of = (source, dest, source_port, dest_port, protocol)
            counts.update({(*of, "packets"): 1, (*of, "bytes"): layer_3})
    return counts


def main(script):
    datasets = [*VERSIONS, "sflow", "switch"]
    ports = {dataset: free_port() for dataset in datasets}
    appliance = Appliance(script, [
        {"dataset": dataset, "testing": True, "inputs": [
            {"type": "sflow" if dataset == "sflow" else "netflow", "listen": f"127.0.0.1:{ports[dataset]}"}]}
        for dataset in datasets])
    appliance.start()
    for part in (softflowd_exports, switch_sends):
        try:
            part(script, appliance, ports)
        except Skip as reason:
            script.skip_part(str(reason))
    appliance.stop_well()


if __name__ == "__main__":
    run_script(main)
