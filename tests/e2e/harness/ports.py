"""Free ports below those that the kernel gives to outgoing connections, so that nobody gets one between two starts."""
import random
import socket

_given = set()


def _is_free(port, kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(first=22000, last=31000, also=0):
    """A port that is free for TCP and UDP, and free for TCP at `also` above it; given out once."""
    while True:
        port = random.randrange(first, last)
        if port in _given:
            continue
        if not (_is_free(port, socket.SOCK_STREAM) and _is_free(port, socket.SOCK_DGRAM)):
            continue
        if also and not _is_free(port + also, socket.SOCK_STREAM):
            continue
        _given.add(port)
        return port
