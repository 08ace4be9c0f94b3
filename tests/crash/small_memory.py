"""Runs that may hold little: small_memory.py IDEM RECORDS

The least that --memory allows is asked for by allowing too little. With exactly that a first run, one with --retrain and
a plan say what they say with all the memory there is, hold no more than that and SLACK, and leave no file behind: not
when they are killed while rows are on disk, and not when the disk takes no more, which is told and changes nothing.
"""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

idem, records = sys.argv[1], sys.argv[2]
SLACK = 64 << 20  # what is mapped from files, and what the measured figures of a record are off by
SANITIZED = b"__asan_init" in open(idem, "rb").read()  # such a program holds what it likes; results are looked at alone
WAYS = ("crosswalk", "golden", "review")


def run(folder, *arguments, **more):
    command = [idem, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, **more)
    return done.returncode, done.stdout, done.stderr


def apply(folder, *arguments, **more):
    return run(folder, "apply", "--seed", "1", "--now", "2026-01-01T00:00:00Z", "--json", "--threads", "2", *arguments, **more)


def exports(folder):
    return [run(folder, "export", way)[1] for way in WAYS]


def expect(what, held):
    if not held:
        sys.exit(f"small_memory: {what}")


def fresh(folder):
    for name in os.listdir(folder):
        if name.startswith("idem.db"):
            os.remove(os.path.join(folder, name))


def least(folder, *arguments):
    """The size that the refusal names."""
    status, out, err = apply(folder, "--memory", "1M", *arguments)
    named = re.search(r"--memory (\d+)M", out + err)
    expect(f"1M was not refused with the least size: {out}{err}", status == 1 and named)
    return int(named[1])


def files(folder):
    return sorted(name for name in os.listdir(folder) if not name.endswith(("-wal", "-shm")))


def spilled(out):
    report = json.loads(out)
    return report.get("spilled", 0), report["memory"]


def killed_while_rows_are_on_disk(folder, size):
    process = subprocess.Popen([idem, "apply", "--retrain", "--memory", f"{size}M"], cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = False
    while process.poll() is None and not seen:
        try:
            links = [os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{process.pid}/fd")]
        except OSError:
            break
        seen = any(link.startswith(folder) and "(deleted)" in link for link in links)
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    expect("no file without a name was seen while the run was under way", seen)


def disk_takes_no_more():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, resource.RLIM_INFINITY))


with tempfile.TemporaryDirectory() as folder:
    folder = os.path.realpath(folder)
    expect("generate", run(folder, "generate", "--records", records, "--seed", "1", "-o", folder)[0] == 0)
    expect("init", run(folder, "init", "crm.csv", "billing.csv", "support.jsonl")[0] == 0)
    expect("a first run", apply(folder)[0] == 0)
    whole = exports(folder)
    status, out, err = apply(folder, "--retrain")
    expect("a later run", status == 0)
    later = exports(folder)

    fresh(folder)
    size = least(folder)
    expect("a refused run left a database", not os.path.exists(os.path.join(folder, "idem.db")))
    before = files(folder)
    status, out, err = run(folder, "plan", "--json", "--memory", f"{size + 2}M")
    expect(f"a lean plan: {out}{err}", status == 0)
    status, out, err = apply(folder, "--memory", f"{size + 2}M")
    expect(f"a lean first run: {out}{err}", status == 0)
    bytes_spilled, held = spilled(out)
    expect("nothing was put on disk", bytes_spilled > 0 or SANITIZED)
    expect(f"{held} bytes were held, {size} MB allowed", held <= size * 1000 * 1000 + SLACK or SANITIZED)
    expect("a lean first run gives another result", exports(folder) == whole)

    size = least(folder, "--retrain")
    if not SANITIZED:
        status, out, err = apply(folder, "--retrain", "--memory", f"{size}M", preexec_fn=disk_takes_no_more)
        expect(f"a full disk was not told of: {out}{err}", status == 1 and "make room" in out + err)
        killed_while_rows_are_on_disk(folder, size + 2)
    expect("a run that failed changed something", exports(folder) == whole)
    expect("a file was left", files(folder) == sorted(before + ["idem.db"]))
    status, out, err = apply(folder, "--retrain", "--memory", f"{size + 2}M")
    expect(f"a lean later run: {out}{err}", status == 0)
    expect("nothing was put on disk", spilled(out)[0] > bytes_spilled or SANITIZED)
    expect("a lean later run gives another result", exports(folder) == later)
    expect("verify", run(folder, "verify")[0] == 0)
