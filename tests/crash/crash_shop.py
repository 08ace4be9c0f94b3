"""A small shop of synthetic customers, the commands that change its database, and what can be seen of it afterwards.

Used by kill_points.py and fail_points.py. A `state` is what comes out of `idem export crosswalk`, `golden` and `changes`.
"""
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess

EXPORTS = ("crosswalk", "golden", "changes")
MOMENT = ["--seed", "1", "--now"]
NO_DATABASE = "no database"
GROUP = 3  # records of a transaction of resolve


class Shop:
    """Folders that are copied for each point: `empty`, `one` (one run), `new` (one run, files of the second), `two`."""

    def __init__(self, idem, preload, folder, records=120):
        self.idem, self.preload, self.folder = os.path.abspath(idem), os.path.abspath(preload), pathlib.Path(folder)
        self.env = dict(os.environ, LC_ALL="C", ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0")
        self._generate(records)
        self._second_day(self.folder / "empty", self.folder / "late")
        self._applied("empty", "one", "2026-01-01T00:00:00Z")
        shutil.copytree(self.folder / "one", self.folder / "new")
        shutil.copytree(self.folder / "late", self.folder / "new", dirs_exist_ok=True)
        self._applied("new", "two", "2026-01-02T00:00:00Z")

    def run(self, where, words, stdin=b"", seconds=120, **fault):
        env = self.env
        if fault:
            env = dict(env, LD_PRELOAD=self.preload, **{f"FAULT_{name.upper()}": str(v) for name, v in fault.items()})
        return subprocess.run([self.idem, *words, "--threads", "1"], cwd=where, env=env, input=stdin, capture_output=True,
                              timeout=seconds)

    def must(self, where, words, stdin=b""):
        done = self.run(where, words, stdin)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    def state(self, where):
        if not (pathlib.Path(where) / "idem.db").exists():
            return NO_DATABASE
        return tuple(self.must(where, ["export", what]) for what in EXPORTS)

    def _generate(self, records):
        where = self.folder / "empty"
        where.mkdir()
        self.must(where, ["generate", "-o", ".", "--records", str(records), "--seed", "3", "-q"])
        self.must(where, ["init", "crm.csv", "billing.csv", "support.jsonl", "-q"])
        config = json.loads((where / "idem.json").read_text())
        config["gates"] = {"max_churn": False, "max_merged_masters": False, "max_gone": False}
        (where / "idem.json").write_text(json.dumps(config))
        (where / "idem.key").unlink()  # the first run makes it

    @staticmethod
    def _second_day(today, late):
        """The last customers come tomorrow; by then some are changed, and some gone."""
        late.mkdir()
        for name in ("crm.csv", "billing.csv", "support.jsonl"):
            rows = (today / name).read_text().splitlines(keepends=True)
            (today / name).write_text("".join(rows[:-6]))
            rows[5:9] = [row.replace(".example", "s.example") for row in rows[5:9]]
            (late / name).write_text("".join(rows[:10] + rows[12:]))

    def _applied(self, base, name, now):
        shutil.copytree(self.folder / base, self.folder / name)
        self.must(self.folder / name, ["apply", "-q", *MOMENT, now])


class Operation:
    """A command on a folder of the shop; `states` are all those that may be seen: before, between two of its
    transactions, after."""

    def __init__(self, shop, name, base, words, lines=(), group=0):
        self.shop, self.name, self.base, self.words = shop, name, shop.folder / base, words
        self.stdin = "".join(lines).encode()
        steps = [lines[:n] for n in range(group, len(lines), group)] if group else []
        self.states = [shop.state(self.base)]
        for number, step in enumerate(steps):
            where = self.copy(f"step{number}")
            shop.must(where, words, "".join(step).encode())
            self.states.append(shop.state(where))
        self.calls, where = self._count()
        self.states.append(shop.state(where))
        self.counted = self.calls

    def copy(self, point):
        where = self.shop.folder / f"{self.name}-{point}"
        shutil.copytree(self.base, where)
        return where

    def _count(self, **which):
        where, log = self.copy("count"), self.shop.folder / f"{self.name}.log"
        done = self.shop.run(where, self.words, self.stdin, log=log, **which)
        if done.returncode != 0:
            raise SystemExit(f"{self.name}: exit {done.returncode}: {done.stderr.decode()}")
        return log.read_text(), where

    def count(self, **which):
        """Counts other calls than those that change files: their letters are `counted`."""
        shutil.rmtree(self.shop.folder / f"{self.name}-count")
        self.counted, _ = self._count(**which)

    def run(self, where, **fault):
        return self.shop.run(where, self.words, self.stdin, **fault)

    def stage(self, state):
        """0 before, 1 between two of its transactions, 2 after; None is what must never be seen."""
        if state == self.states[0]:
            return 0
        if self.same_end(state):
            return 2
        return 1 if state in self.states else None

    def same_end(self, state):
        return state == self.states[-1]

    def finished(self, where):
        """What is wrong in the folder after the command was repeated, beyond the state: a list of texts."""
        left = [name for name in os.listdir(where) if any(part in name for part in (".tmp", ".build-", "-wal", "-shm"))]
        return [f"left behind: {name}" for name in left]


class Decision(Operation):
    """Deciding again renews a decision: the feed tells so, crosswalk and golden records stay."""

    def same_end(self, state):
        return state[:2] == self.states[-1][:2] and state[2].startswith(self.states[-1][2])


class Rotation(Operation):
    def finished(self, where):
        info = json.loads(self.shop.must(where, ["key", "info", "--json"]))
        wrong = [] if info["database"]["rotation"] == "none" and len(info["key_file"]["keys"]) == 1 else ["not rotated to the end"]
        return super().finished(where) + wrong


class Erasure(Operation):
    """There is a receipt in the end, and the ledger makes an older copy forget the same records."""

    def finished(self, where):
        if not (where / "receipt.json").exists():
            self.shop.run(where, ["erase", "--finish", "--receipt", "receipt.json", "-q"])
        wrong = super().finished(where)
        if not (where / "receipt.json").exists():
            wrong.append("there is no receipt")
        elif self.shop.run(where, ["verify", "--receipt", "receipt.json", "-q"]).returncode != 0:
            wrong.append("the receipt is not right")
        older = self.copy(f"{where.name}-older")
        shutil.copy(where / "erased.ledger", older / "idem.db.ledger")
        if partition(self.shop.state(older)) != partition(self.states[-1]):
            wrong.append("the ledger makes an older copy forget something else")
        shutil.rmtree(older)
        return wrong


class LedgerErasure(Operation):
    """A ledger beside the database is followed when it is opened: what it has and the database has not is erased then, at
    the time of the opening and by ids of its own. So the groups of records are compared."""

    def stage(self, state):
        seen = partition(state)
        return 0 if seen == partition(self.states[0]) else 2 if self.same_end(state) else None

    def same_end(self, state):
        return partition(state) == partition(self.states[-1])

    def finished(self, where):
        """A torn receipt goes with the next receipt, and nothing is left to be erased."""
        return [wrong for wrong in super().finished(where) if "receipt.json" not in wrong]


def partition(state):
    groups = {}
    for key, master in keys(state[0]):
        groups.setdefault(master, []).append(key)
    return sorted(groups.values())


def keys(folder):
    """Keys of the shop's records, in the order of its crosswalk, with their masters."""
    rows = [row.split(",") for row in folder.decode().splitlines()[1:]]
    return [(f"{source}:{record}", master) for source, record, master in rows]


def operations(shop, names=None):
    """All of them, or those of these names."""
    return [make() for name, make in makers(shop).items() if not names or name in names]


def makers(shop):
    one = sorted(keys(shop.state(shop.folder / "one")[0]), key=lambda row: row[1])
    neighbours = list(zip(one, one[1:]))
    together = next(pair for pair in neighbours if pair[0][1] == pair[1][1])
    apart = [pair for pair in neighbours if pair[0][1] != pair[1][1]][-2:]
    second, third = ([*MOMENT, f"2026-01-0{day}T00:00:00Z", "-q"] for day in (2, 3))
    erase = ["erase", together[0][1], apart[0][0][0], "--yes", "--receipt", "receipt.json", *third, "--ledger"]
    makes = [
        (Operation, "apply", "empty", ["apply", *MOMENT, "2026-01-01T00:00:00Z", "-q"]),
        (Operation, "apply-incremental", "new", ["apply", *second]),
        (Operation, "apply-retrain", "new", ["apply", "--retrain", *second]),
        (Operation, "resolve", "one", ["resolve", "--group", str(GROUP), *third], arrivals(one[3][0]), GROUP),
        (Decision, "decide", "one", ["decide", "--file", "-", "--by", "ada", *third], decisions(together, *apart)),
        (Operation, "rollback", "two", ["rollback", "2", "-q", "--now", "2026-01-03T00:00:00Z"]),
        (Erasure, "erase", "one", [*erase, "erased.ledger"]),
        (LedgerErasure, "erase-ledger", "one", [*erase, "idem.db.ledger"]),
        (Rotation, "key-rotate", "two", ["key", "rotate", "-q"]),
        (Rotation, "key-rotate-data", "two", ["key", "rotate", "--data", "-q"]),
    ]
    return {row[1]: functools.partial(row[0], shop, *row[1:]) for row in makes}


def arrivals(gone):
    """Lines for resolve: nine new records, some of one person, and one that goes."""
    source, record = gone.split(":")
    lines = [{"data_source": "crm", "record_id": f"N-{n}", "fields": {"given_name": ("Ada", "Bert", "Cleo")[n % 3],
              "family_name": f"Winter{n // 2}", "email": f"w{n // 2}@post.example"}} for n in range(9)]
    lines[7] = {"data_source": source, "record_id": record, "deleted": True}
    return [json.dumps(line) + "\n" for line in lines]


def decisions(together, *apart):
    rows = ["left_source,left_id,right_source,right_id,verdict\n"]
    for (left, right), verdict in zip((together, *apart), ("different", "same", "unsure")):
        rows.append(",".join([*left[0].split(":"), *right[0].split(":"), verdict]) + "\n")
    return rows


def killed(done):
    return done.returncode == -signal.SIGKILL
