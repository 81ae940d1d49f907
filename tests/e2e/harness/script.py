"""A script: its folder, the processes it started, what it checked, and how it ends."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

# What scripts/test.sh takes for "cannot run here".
EXIT_SKIPPED = 77
# A process that does not end by itself in this time is killed.
STOP_SECONDS_MAX = 20


class Skip(Exception):
    """The script cannot run here; the text says why."""


class Script:
    """Counts checks, owns the folder and the processes."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix=f"bytefreezer-e2e-{name}-")
        self.passed, self.failed = 0, 0
        self.processes, self.logs = [], []

    def check(self, what, is_right, detail=""):
        """Notes one claim. `detail` is printed when it does not hold. Returns whether it holds."""
        if is_right:
            self.passed += 1
            print(f"ok      {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {what}: {str(detail)[:4000]}", flush=True)
        return bool(is_right)

    def check_equal(self, what, found, expected):
        return self.check(what, found == expected, f"found {found!r}, expected {expected!r}")

    def skip_part(self, reason):
        """A part of the script cannot run here; the rest goes on."""
        print(f"skipped: {reason}", flush=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def make_folder(self, *parts):
        os.makedirs(self.path(*parts), exist_ok=True)
        return self.path(*parts)

    def start(self, command, log, **options):
        """Starts a process that ends with the script, what it says in the file `log`."""
        path = self.path(log)
        self.logs.append(path)
        with open(path, "ab") as output:
            options.setdefault("stdout", output)
            process = subprocess.Popen(command, stderr=output, stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def end_processes(self):
        for process in reversed(self.processes):
            end(process, signal.SIGTERM, seconds=2)

    def show_logs(self):
        for path in dict.fromkeys(self.logs):
            with open(path, errors="replace") as log:
                text = log.read()
            print(f"--- the end of {path}\n{text[-3000:]}", flush=True)


def end(process, kind, seconds=STOP_SECONDS_MAX):
    """Ends a process by a signal, by SIGKILL when that does not help; returns its exit code."""
    if process.poll() is None:
        process.send_signal(kind)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def wait_until(is_so, seconds, pause_s=0.1):
    """Asks again and again; returns the first answer that is true, or the last one."""
    deadline = time.monotonic() + seconds
    while True:
        answer = is_so()
        if answer or time.monotonic() >= deadline:
            return answer
        time.sleep(pause_s)


def run_script(main):
    """Runs `main(script)`, cleans up, prints `N passed, N failed`, and exits."""
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    script = Script(name)
    # A test runner that gives up on this script still gets its processes ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    is_skipped = False
    try:
        main(script)
    except Skip as reason:
        is_skipped = True
        print(f"skipped: {reason}", flush=True)
    except Exception:  # noqa: BLE001 - whatever it is, it is a failure of the script, and the cleaning goes on
        script.failed += 1
        traceback.print_exc(file=sys.stdout)
    finally:
        script.end_processes()
        if script.failed:
            script.show_logs()
            print(f"kept: {script.folder}")
        else:
            shutil.rmtree(script.folder, ignore_errors=True)
    print(f"{script.passed} passed, {script.failed} failed", flush=True)
    if script.failed:
        sys.exit(1)
    sys.exit(EXIT_SKIPPED if is_skipped else 0)
