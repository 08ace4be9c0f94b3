#!/usr/bin/env python3
"""Kills idem by SIGKILL at chosen calls that change files: the database is the state before or after, never between, and the
command can be repeated to the same end. A rotation of keys looks the same before and after.

    kill_points.py IDEM PRELOAD POINTS              the process dies; what it wrote stays
    kill_points.py IDEM PRELOAD POINTS power        so does the machine: what was not synced is lost, or (mixed) some of it
"""
import concurrent.futures
import os
import shutil
import sys
import tempfile

import crash_shop


def points(operations, wanted, ways):
    """(operation, call, how): spread evenly over all there are: before each call, and within each that writes."""
    every = [(o, n, how) for o in operations for n, letter in enumerate(o.calls, 1) for how in ways
             if how != "tear" or letter == "w"]
    wanted = min(wanted, len(every))
    return [every[i * len(every) // wanted] for i in range(wanted)], len(every)


def repeated(operation, where, stage, complain):
    """Repeats the command: the end is that of a run that nobody killed. One that had taken place may be refused."""
    done = operation.run(where)
    if done.returncode != 0 and stage != 2:
        complain(f"repeated: exit {done.returncode}: {done.stderr.decode().strip()}")
        return
    if not operation.same_end(operation.shop.state(where)):
        complain("repeated: another end than that of a run that was not killed")
    for wrong in operation.finished(where):
        complain(f"repeated: {wrong}")


def verified(operation, where, complain):
    verify = operation.shop.run(where, ["verify", "-q"])
    if verify.returncode != 0:
        complain(f"verify: {(verify.stdout + verify.stderr).decode().strip()}")


def check(operation, call, how, number):
    """Findings of one point. Every second one is repeated as the dead process left it, without a reader in between."""
    shop, findings = operation.shop, []
    place = f"{operation.name}, call {call} of {len(operation.calls)} ({operation.calls[call - 1]}, {how})"
    complain = lambda text: findings.append(f"{place}: {text}")
    where = operation.copy(f"{call}-{how}")
    kept = where.with_name(f"{where.name}-kept")
    kept.mkdir()
    done = operation.run(where, at=call, do=how, keep=kept, seed=call)
    if not crash_shop.killed(done):
        complain(f"was not killed: exit {done.returncode}")
    untouched = where.with_name(f"{where.name}-untouched")
    if number % 2:
        shutil.copytree(where, untouched)
    seen = shop.state(where)
    stage = operation.stage(seen)
    if stage is None:
        complain("neither the state before nor the one after")
    answered = done.stdout.count(b"\n") if operation.name == "resolve" else 0
    if answered and stage is not None and operation.states.index(seen) * crash_shop.GROUP < answered:
        complain(f"{answered} records were acknowledged and are not there")
    if seen != crash_shop.NO_DATABASE:
        verified(operation, where, complain)
    again = untouched if number % 2 else where
    repeated(operation, again, stage, complain)
    verified(operation, again, complain)
    for folder in (where, untouched, kept):
        shutil.rmtree(folder, ignore_errors=True)
    return operation, stage, findings


def main(idem, preload, wanted, ways):
    with tempfile.TemporaryDirectory() as folder:
        every = crash_shop.operations(crash_shop.Shop(idem, preload, folder))
        chosen, possible = points(every, wanted, ways)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda task: check(*task[1], task[0]), enumerate(chosen)))
        findings = [line for *_, lines in results for line in lines]
        print(f"{'command':<18}  calls  points  before  between  after")
        for operation in every:
            stages = [stage for o, stage, _ in results if o is operation]
            print(f"{operation.name:<18}{len(operation.calls):>7}{len(stages):>8}{stages.count(0):>8}{stages.count(1):>9}{stages.count(2):>7}")
        print(f"{len(results)} kills of {possible} possible, {len(findings)} findings")
        print("\n".join(findings))
        return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), ("power", "mixed") if sys.argv[4:] == ["power"] else ("kill", "tear")))
