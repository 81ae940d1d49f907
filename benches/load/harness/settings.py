"""What a run can be told by the environment, and where things are."""
import os

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))

RECEIVER_CORE, SENDER_CORE = 0, 1
MESSAGE_BYTES = 250
# Key=value pairs in RFC 5424: what the bench of P1 parses too.
KIND = "firewall"

SECONDS = int(os.environ.get("LOAD_SECONDS", "60"))
RUNS = int(os.environ.get("LOAD_RUNS", "3"))
SEARCH_SECONDS = int(os.environ.get("LOAD_SEARCH_SECONDS", "10"))
# rsyslog writes 400 bytes a message as text; it is given this long, not LOAD_SECONDS.
PEER_SECONDS = int(os.environ.get("LOAD_PEER_SECONDS", "20"))
RESULTS_DIR = os.environ.get("LOAD_RESULTS_DIR", os.path.join(REPOSITORY, "target", "bench"))
WORK_DIR = os.environ.get("LOAD_WORK_DIR", os.path.join(RESULTS_DIR, "work"))
MEMORY_DIR = os.environ.get("LOAD_MEMORY_DIR", "/dev/shm/bytefreezer-bench")

BINARY = os.path.abspath(os.environ.get("BYTEFREEZER_BIN", os.path.join(REPOSITORY, "target", "release", "bytefreezer")))
# Another program with the options of `bytefreezer fakedata`, to try the harness without the binary.
SENDER = os.environ.get("LOAD_SENDER", f"{BINARY} fakedata").split()

# A run counts only when the sender kept its rate and the receiver had its core to itself. The rules look at the
# circumstances alone, never at what the receiver lost or achieved; a run that breaks one is written down and repeated.
RATE_SHARE_MIN, LATE_MS_MAX, FOREIGN_SHARE_MAX, TRIES_MAX = 0.99, 100, 0.05, int(os.environ.get("LOAD_TRIES", "4"))
