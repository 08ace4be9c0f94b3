"""Runs that may hold little: small_memory.py IDEM RECORDS

With six tenths of the memory that a run takes, a first run, one with --retrain and a plan say what they say with all
there is, hold no more than that and SLACK, and leave no file behind: not when they are killed while arrays are on disk,
and not when the disk takes no more, which is told and changes nothing.
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

idem = sys.argv[1]
SLACK = 32 << 20  # what is mapped from files, and what comes between two looks
SANITIZED = b"__asan_init" in open(idem, "rb").read()  # such a program holds what it likes; results are looked at alone
records = str(int(sys.argv[2]) // (5 if SANITIZED else 1))
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


def files(folder):
    return sorted(name for name in os.listdir(folder) if not name.endswith(("-wal", "-shm")))


def spilled(out):
    report = json.loads(out)
    return report.get("spilled", 0), report["memory"]


def killed_while_arrays_are_on_disk(folder, size):
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
    status, out, err = apply(folder)
    expect("a first run", status == 0)
    whole = exports(folder)
    size = spilled(out)[1] * 6 // 10 // 1000000  # of what one with all at hand takes, mapped files counted
    size *= 4 if SANITIZED else 1
    status, out, err = apply(folder, "--retrain")
    expect("a later run", status == 0)
    later = exports(folder)

    fresh(folder)
    status, out, err = apply(folder, "--memory", "1M")
    expect("a first run in 1 MB was not refused", status == 1 and "--memory" in out + err)
    expect("a refused run left a database", not os.path.exists(os.path.join(folder, "idem.db")))
    before = files(folder)
    status, out, err = apply(folder, "--memory", f"{size}M")
    expect(f"a small first run: {out}{err}", status == 0)
    bytes_spilled, held = spilled(out)
    expect("nothing was put on disk", bytes_spilled > 0 or SANITIZED)
    expect(f"{held} bytes were held, {size} MB allowed", held <= size * 1000 * 1000 + SLACK or SANITIZED)
    expect("a small first run gives another result", exports(folder) == whole)

    fresh(folder)
    status, out, err = run(folder, "plan", "--json", "--memory", f"{size}M")
    expect(f"a small plan: {out}{err}", status == 0)
    status, out, err = apply(folder)
    expect("a first run", status == 0)
    if not SANITIZED:
        status, out, err = apply(folder, "--retrain", "--memory", f"{size}M", preexec_fn=disk_takes_no_more)
        told = "make room" in out + err or "nothing was changed" in out + err
        expect(f"a full disk was not told of: {out}{err}", status == 1 and told)
        killed_while_arrays_are_on_disk(folder, size)
    expect("a run that failed changed something", exports(folder) == whole)
    expect("a file was left", files(folder) == sorted(before + ["idem.db"]))
    status, out, err = apply(folder, "--retrain", "--memory", f"{size}M")
    expect(f"a small later run: {out}{err}", status == 0)
    bytes_spilled, held = spilled(out)
    expect("nothing was put on disk", bytes_spilled > 0 or SANITIZED)
    mapped = os.path.getsize(os.path.join(folder, "idem.db"))
    expect(f"{held} bytes were held, {size} MB allowed", held <= size * 1000 * 1000 + mapped + SLACK or SANITIZED)
    expect("a small later run gives another result", exports(folder) == later)
    expect("verify", run(folder, "verify")[0] == 0)
