#!/usr/bin/env python3
"""Lets chosen calls of idem fail: one with EIO or ENOSPC, or, on a full disk, all that make files or write from then on. Opens,
writes, reads, syncs, truncations, renames, links and locks.

Each time it ends with exit status 0 and the work is done, or 1 and a message that names a file; the database is the state before or
after, and the command can be repeated to the same end. A lock that cannot be had may be told as busy (4). Where all reads and
writes do half of what was asked for, or every second one and every second open is interrupted, or no thread can be made, nothing may be
noticed at all.

    fail_points.py IDEM PRELOAD POINTS
"""
import concurrent.futures
import errno
import os
import re
import shutil
import sys
import tempfile

import crash_shop

COMMANDS = ("apply", "apply-incremental", "resolve", "decide", "erase")
FAULTS = (
    ("once", errno.EIO, "owdstrlf"),
    ("once", errno.ENOSPC, "owstl"),
    ("once", errno.ENOLCK, "k"),
    ("full", errno.ENOSPC, "ow"),
)
COUNT = {"count": "owdstrlukf"}
PLACE = re.compile(r"(idem\.(db|key|json)|receipt\.json|erased\.ledger|crm\.csv|billing\.csv|support\.jsonl)")


def points(operations, wanted):
    every = [(o, n, *fault[:2]) for o in operations for n, letter in enumerate(o.counted, 1) for fault in FAULTS if letter in fault[2]]
    wanted = min(wanted, len(every))
    return [every[i * len(every) // wanted] for i in range(wanted)], len(every)


def told(done, letter):
    """What is wrong with how it ended."""
    text = (done.stdout + done.stderr).decode()
    if done.returncode == 1 and not PLACE.search(text):
        return f"no message that names a file: {text.strip()}"
    if done.returncode not in ((0, 1, 4) if letter == "k" else (0, 1)):
        return f"exit {done.returncode}: {text.strip()[-1000:]}"
    return None


COUNTED = {"short": "wd", "interrupt": "owd", "always": "p"}


def slowly(operation, what):
    """Half of every read and write, every second call interrupted, or no thread to be had: what is wrong with how that ends."""
    where = operation.copy(what)
    done = operation.run(where, at=1, do=what, count=COUNTED[what])
    wrong = []
    if done.returncode != 0:
        wrong.append(f"{operation.name}, {what}: exit {done.returncode}: {done.stderr.decode().strip()[-1000:]}")
    elif not operation.same_end(operation.shop.state(where)):
        wrong.append(f"{operation.name}, {what}: another end")
    shutil.rmtree(where)
    return wrong


def check(operation, call, what, number):
    shop, findings = operation.shop, []
    place = f"{operation.name}, call {call} of {len(operation.counted)} ({operation.counted[call - 1]}, {what}, {errno.errorcode[number]})"
    complain = lambda text: findings.append(f"{place}: {text}")
    where = operation.copy(f"{call}-{what}-{number}")
    done = operation.run(where, at=call, do=what, errno=number, **COUNT)
    wrong = told(done, operation.counted[call - 1])
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
        complain("repeated: another end than that of a run that did not fail")
    else:
        for text in operation.finished(where):
            complain(f"repeated: {text}")
    shutil.rmtree(where)
    return operation, done.returncode, findings


def main(idem, preload, wanted):
    with tempfile.TemporaryDirectory() as folder:
        every = [o for o in crash_shop.operations(crash_shop.Shop(idem, preload, folder)) if o.name in COMMANDS]
        for operation in every:
            operation.count(**COUNT)
        chosen, possible = points(every, wanted)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda point: check(*point), chosen))
        findings = [line for *_, lines in results for line in lines]
        findings += [line for operation in every for what in COUNTED for line in slowly(operation, what)]
        print(f"{'command':<18}  calls  points  refused  done all the same")
        for operation in every:
            codes = [code for o, code, _ in results if o is operation]
            print(f"{operation.name:<18}{len(operation.counted):>7}{len(codes):>8}{codes.count(1):>9}{codes.count(0):>19}")
        print(f"{len(results)} failing calls of {possible} possible, {len(findings)} findings")
        print("\n".join(findings))
        return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
