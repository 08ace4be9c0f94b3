#!/usr/bin/env python3
"""Lets chosen allocations of idem and its libraries fail, one or all from there on.

Each time it ends with exit status 0 and the work is done, or 1 and a message (out of memory, or one that names what had none); never
by a signal, and in a time that is no more than MOST_TIMES that of a run that has memory. The database is the state before or after,
and the command can be repeated to the same end. Where no file of the folder is another one than before, there is nothing to repeat.

    alloc_points.py IDEM PRELOAD POINTS [--seed N] [--minutes N] [COMMAND...]

The points are spread evenly; with a seed as many are drawn by it of each command. After so many minutes no point is begun any more.
"""
import argparse
import concurrent.futures
import filecmp
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import crash_shop

COMMANDS = ("apply", "apply-incremental", "resolve", "decide", "erase", "key-rotate", "key-rotate-data")
COUNT = {"count": "am"}
MOST_TIMES, LEAST_SECONDS = 20, 20


def points(operations, wanted, seed):
    every = [(o, n, what) for o in operations for n in range(1, len(o.counted) + 1) for what in ("once", "always")]
    wanted, draw = min(wanted, len(every)), random.Random(seed)
    if seed is not None:  # as many of each command
        turns = [operations[i % len(operations)] for i in range(wanted)]
        return [(o, draw.randint(1, len(o.counted)), draw.choice(("once", "always"))) for o in turns], len(every)
    return [every[i * len(every) // wanted] for i in range(wanted)], len(every)


def untouched(before, after):
    """Are the files of the two folders the same, by name and byte for byte?"""
    names = sorted(os.listdir(before))
    return names == sorted(os.listdir(after)) and not any(filecmp.cmpfiles(before, after, names, shallow=False)[1:])


def told(done):
    """What is wrong with how it ended."""
    text = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode == 1 and "memory" not in text.lower() and "cannot allocate" not in text.lower():
        return f"no message that tells of memory: {text.strip()[-300:]}"
    if done.returncode not in (0, 1):
        return f"exit {done.returncode}: {text.strip()[-1000:]}"
    return None


def check(operation, call, what):
    shop, findings = operation.shop, []
    place = f"{operation.name}, allocation {call} of {len(operation.counted)} ({what})"
    complain = lambda text: findings.append(f"{place}: {text}")
    where = operation.copy(f"a{call}-{what}")
    try:
        done = operation.run(where, seconds=operation.patience, at=call, do=what, errno=12, **COUNT)
    except subprocess.TimeoutExpired:
        complain(f"not over after {operation.patience:.0f} s")
        return operation, None, findings
    wrong = told(done)
    if wrong:
        complain(wrong)
    if done.returncode == 1 and untouched(operation.base, where):
        shutil.rmtree(where)
        return operation, done.returncode, findings
    seen = shop.state(where)
    stage = operation.stage(seen)
    if stage is None:
        complain(f"exit {done.returncode}, and neither the state before nor the one after")
    if done.returncode == 0 and stage != 2:
        complain("exit 0, and the work is not done")
    if seen != crash_shop.NO_DATABASE and shop.run(where, ["verify", "-q"]).returncode != 0:
        complain("verify finds something")
    again = operation.run(where)
    if again.returncode != 0 and stage != 2:
        complain(f"repeated: exit {again.returncode}: {again.stderr.decode().strip()}")
    elif not operation.same_end(shop.state(where)):
        complain("repeated: another end than that of a run that had memory")
    else:
        for text in operation.finished(where):
            complain(f"repeated: {text}")
    shutil.rmtree(where)
    return operation, done.returncode, findings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("idem")
    parser.add_argument("preload")
    parser.add_argument("points", type=int)
    parser.add_argument("command", nargs="*", default=COMMANDS)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    options = parser.parse_intermixed_args()
    end = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder:
        every = [o for o in crash_shop.operations(crash_shop.Shop(options.idem, options.preload, folder), options.command)]
        for operation in every:
            began = time.monotonic()
            operation.count(**COUNT)
            operation.patience = LEAST_SECONDS + MOST_TIMES * (time.monotonic() - began)
        chosen, possible = points(every, options.points, options.seed)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = [r for r in pool.map(lambda point: check(*point) if time.monotonic() < end else None, chosen) if r]
        findings = [line for *_, lines in results for line in lines]
        print(f"{'command':<18}  allocations  points  refused  done all the same")
        for operation in every:
            codes = [code for o, code, _ in results if o is operation]
            print(f"{operation.name:<18}{len(operation.counted):>13}{len(codes):>8}{codes.count(1):>9}{codes.count(0):>19}")
        print(f"{len(results)} failing allocations of {possible} possible, {len(findings)} findings")
        if len(results) < len(chosen):
            print(f"{len(chosen) - len(results)} were not tried: the time was over")
        print("\n".join(findings))
        return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
