#!/usr/bin/env python3
"""Fills the disk after every STEP bytes of an apply, the first and a later one that changes much.

Each time idem ends with exit status 1 and a message that tells of the full disk; the database is the one before, and nothing that takes
room is left beside it, or the work was done before the disk was full. The same command does its work when there is room.

    disk_full.py IDEM PRELOAD RECORDS STEP
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import sys
import tempfile

import crash_shop

FULL = re.compile(r"no space left|disk( is|) full|file system is full", re.I)
LEAST_LEFT = 1 << 16  # the log and its index may stay


def size(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


def at_quota(operation, quota):
    """Result: whether it was refused, and what is wrong."""
    shop, wrong = operation.shop, []
    where = operation.copy(f"q{quota}")
    before = size(where)
    done = operation.run(where, at=quota, do="quota")
    text = (done.stdout + done.stderr).decode(errors="replace").strip()
    if done.returncode == 1:
        if not FULL.search(text):
            wrong.append(f"no message that the disk is full: {text[-300:]}")
        left, stage = size(where) - before, operation.stage(shop.state(where))
        if stage == 0 and left > LEAST_LEFT:
            wrong.append(f"{left} bytes are left behind: {sorted(os.listdir(where))}")
        if stage not in (0, 2):
            wrong.append("neither the state before nor the one after")
        if operation.run(where).returncode != 0:
            wrong.append("refused again when there was room")
    elif done.returncode != 0:
        wrong.append(f"exit {done.returncode}: {text[-1000:]}")
    if not operation.same_end(shop.state(where)):
        wrong.append("another end")
    shutil.rmtree(where)
    return done.returncode == 1, [f"{operation.name}, full after {quota} bytes: {line}" for line in wrong]


def fill(operation, step, pool):
    """Ever more room, until it is enough."""
    points, findings = 0, []
    while True:
        for refused, wrong in pool.map(lambda n: at_quota(operation, n * step + 1), range(points, points + 4)):
            findings += wrong
            points += 1
            if not refused:
                return points, findings


def main(idem, preload, records, step):
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        shop, findings = crash_shop.Shop(idem, preload, folder, records), []
        for operation in crash_shop.operations(shop, ("apply", "apply-retrain")):
            points, wrong = fill(operation, step, pool)
            findings += wrong
            print(f"{operation.name}: full after every {step} bytes, {points} points to where there is room enough")
        print(f"{len(findings)} findings")
        print("\n".join(findings))
        return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
