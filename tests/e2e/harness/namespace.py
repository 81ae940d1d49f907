"""A network namespace of the test's own: what is in it goes away with it."""
import ctypes
import os
import shutil
import socket
import subprocess
import threading

from .script import Skip

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3


class Namespace:
    """Made by `ip netns`, removed by `close`."""

    def __init__(self, name):
        if os.geteuid() != 0:
            raise Skip("no root, which a network namespace needs")
        if not shutil.which("ip"):
            raise Skip("no ip (iproute2)")
        self.name = name
        done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip(f"no network namespace can be made here: {done.stderr.strip()}")
        self.run("ip", "link", "set", "lo", "up")
        # What the kernel says of itself over IPv6 would be traffic that the test did not make.
        self.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")

    def command(self, *arguments):
        """A command line that runs in the namespace."""
        return ["ip", "netns", "exec", self.name, *arguments]

    def run(self, *arguments, **options):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=60, **options)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def socket(self, *arguments):
        """A socket that belongs to the namespace, and is used from outside: only a thread of its own goes in."""
        made = []

        def make():
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/run/netns/{self.name}") as handle:
                if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
                    made.append(OSError(ctypes.get_errno(), "setns"))
                    return
            made.append(socket.socket(*arguments))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def wire(self, interface):
        """A socket that sends frames by an interface."""
        wire = self.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        wire.bind((interface, 0))
        return wire

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True)
