#!/usr/bin/env python3
"""Lets chosen allocations of idem and its libraries fail, one or all from there on.

Each time it ends with exit status 0 and the work is done, or 1 and a message (out of memory, or one that names what had none); never
by a signal. The database is the state before or after, and the command can be repeated to the same end.

    alloc_points.py IDEM PRELOAD POINTS [COMMAND...]
"""
import concurrent.futures
import os
import shutil
import sys
import tempfile

import crash_shop

COMMANDS = ("apply", "apply-incremental", "resolve", "decide", "erase", "key-rotate", "key-rotate-data")
COUNT = {"count": "am"}


def points(operations, wanted):
    every = [(o, n, what) for o in operations for n in range(1, len(o.counted) + 1) for what in ("once", "always")]
    wanted = min(wanted, len(every))
    return [every[i * len(every) // wanted] for i in range(wanted)], len(every)


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
    done = operation.run(where, at=call, do=what, errno=12, **COUNT)
    wrong = told(done)
    if wrong:
        complain(wrong)
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


def main(idem, preload, wanted, names):
    with tempfile.TemporaryDirectory() as folder:
        every = [o for o in crash_shop.operations(crash_shop.Shop(idem, preload, folder), names)]
        for operation in every:
            operation.count(**COUNT)
        chosen, possible = points(every, wanted)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda point: check(*point), chosen))
        findings = [line for *_, lines in results for line in lines]
        print(f"{'command':<18}  allocations  points  refused  done all the same")
        for operation in every:
            codes = [code for o, code, _ in results if o is operation]
            print(f"{operation.name:<18}{len(operation.counted):>13}{len(codes):>8}{codes.count(1):>9}{codes.count(0):>19}")
        print(f"{len(results)} failing allocations of {possible} possible, {len(findings)} findings")
        print("\n".join(findings))
        return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:] or COMMANDS))
