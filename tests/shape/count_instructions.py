"""A fixed small first run under callgrind: instructions within 5 % of the recorded figure, pairs exactly as many.

    count_instructions.py IDEM RECORDED COMPILER BUILD

RECORDED has a line "COMPILER BUILD instructions pairs"; where the compiler has none, or without valgrind, the test is skipped
(status 77) and says what it counted. A change that is meant to cost or save work records what the test prints.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED, SHARE = 77, 0.05
BLOCKING = [["email"], ["phone"], ["family_name", "birth_date"], ["given_name", "family_name"]]
FIXED = ["--seed", "7", "--now", "2026-01-01T00:00:00Z", "--json"]


def recorded(path, key):
    for line in open(path):
        words = line.split()
        if words[:2] == key:
            return int(words[2]), int(words[3])
    return None


def count(idem, folder):
    def run(*command, **more):
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, **more)

    run(idem, "generate", "-o", ".", "--records", "600", "--seed", "3", "-q")
    run(idem, "init", "crm.csv", "billing.csv", "support.jsonl", "-q")
    config = json.load(open(f"{folder}/idem.json"))
    config["matching"] = {"blocking": BLOCKING}
    json.dump(config, open(f"{folder}/idem.json", "w"))
    one = {min(os.sched_getaffinity(0))}  # one thread: no two counts of the same work
    done = run("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", idem, "apply", *FIXED,
               preexec_fn=lambda: os.sched_setaffinity(0, one))
    instructions = int(re.search(r"Collected : (\d+)", done.stderr).group(1))
    return instructions, json.loads(done.stdout)["pairs"]["scored"]


def main():
    idem, path, key = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:5]
    if not shutil.which("valgrind"):
        print("no valgrind")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        instructions, pairs = count(idem, folder)
    print(*key, instructions, pairs)
    known = recorded(path, key)
    if not known:
        print(f"{path} has no figure for this compiler and build")
        return SKIPPED
    share = instructions / known[0] - 1
    print(f"recorded: {known[0]} instructions ({share:+.1%}), {known[1]} pairs")
    return 0 if abs(share) <= SHARE and pairs == known[1] else 1


sys.exit(main())
