#!/usr/bin/env python3
"""idem on machines that are set up oddly: clocks that go back, media that cannot be written, strange masks, no HOME, no locale, standard
streams that are closed or full, limits of the system.

    odd_machine.py IDEM
"""
import json
import os
import pathlib
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

import crash_shop

BY_SIGNAL = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGXFSZ, -signal.SIGPIPE, -signal.SIGFPE}


class Machine:
    def __init__(self, idem, folder):
        self.shop = crash_shop.Shop(idem, "/dev/null", folder)
        self.folder, self.idem, self.findings, self.cases = pathlib.Path(folder), os.path.abspath(idem), [], 0
        one = crash_shop.keys(self.shop.state(self.folder / "one")[0])
        self.record, self.master = one[0]

    def copy(self, base, name):
        where = self.folder / f"odd-{name}"
        shutil.copytree(self.folder / base, where)
        return where

    def run(self, where, words, before=None, env=None, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([self.idem, *words], cwd=where, env=env or self.shop.env, preexec_fn=before, timeout=120, **more)

    def expect(self, case, done, codes, text=None):
        """The exit status is one of `codes`; `text` is told on standard error."""
        self.cases += 1
        told = (done.stderr or b"").decode(errors="replace")
        if done.returncode not in codes:
            self.findings.append(f"{case}: exit {done.returncode}, not {codes}: {told.strip()[-600:]}")
        elif text and text not in told:
            self.findings.append(f"{case}: \"{text}\" is not in: {told.strip()[-600:]}")

    def holds(self, case, truth):
        self.cases += 1
        if not truth:
            self.findings.append(case)


def reading(m):
    """Commands that only read: words of each."""
    source, record = m.record.split(":", 1)
    return [
        ["lookup", m.record], ["show", m.master], ["why", m.record, m.record], ["how", m.master], ["history", m.master],
        ["status"], ["runs"], ["review"], ["export", "golden"], ["export", "crosswalk"], ["export", "changes"], ["verify"],
        ["report", "-o", "-"], ["key", "info"], ["normalize", "email", "A@b.example"],
        ["compare", "text", "a", "b"], ["profile", "crm.csv"], ["check"], ["plan"], ["version"], ["--help"],
        ["apply", "--help"], ["annotate", "crm.csv", "--source", source],
    ]


def clock(m):
    where = m.copy("new", "clock")
    done = m.run(where, ["apply", "-q", "--seed", "1", "--now", "2025-06-01T00:00:00Z"])
    m.expect("a run before the last run", done, (0, 1))
    m.expect("verify after a clock that went back", m.run(where, ["verify", "-q"]), (0,))
    changes = m.run(where, ["export", "changes"]).stdout.splitlines()
    m.holds("the feed goes on when the clock goes back", done.returncode != 0 or len(changes) > 0)
    m.expect("as of the first run", m.run(where, ["lookup", m.record, "--as-of", "1"]), (0, 3))


def together(m):
    where = m.copy("new", "together")
    words = ["apply", "-q", "--wait", "60s", "--seed", "1", "--now", "2026-01-02T00:00:00Z"]
    two = [subprocess.Popen([m.idem, *words], cwd=where, env=m.shop.env, stderr=subprocess.PIPE) for _ in range(2)]
    told = [p.communicate(timeout=120)[1] for p in two]
    m.holds(f"two processes at once: {[p.returncode for p in two]} {told}", all(p.returncode == 0 for p in two))
    m.holds("two processes at once come to the end of one", m.shop.state(where) == m.shop.state(m.folder / "two"))
    m.expect("verify after two processes", m.run(where, ["verify", "-q"]), (0,))


def ordinary_user():
    """Root may write everywhere: then another user does it."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def read_only(m):
    where = m.copy("one", "readonly")
    for path in [where, *where.rglob("*")]:
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
        path.chmod(0o500 if path.is_dir() else 0o400)
    for parent in [m.folder, *m.folder.parents]:
        if parent != pathlib.Path("/") and not parent.stat().st_mode & stat.S_IXOTH and os.geteuid() == 0:
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    env = {name: text for name, text in m.shop.env.items() if name != "LD_PRELOAD"}
    for words in reading(m):
        m.expect(f"read-only: {' '.join(words)}", m.run(where, words, ordinary_user, env), (0, 2) if words[0] in ("plan", "check") else (0,))
    for words in (["apply"], ["resolve"], ["decide", "--file", "-"], ["rollback", "1"], ["key", "rotate", "--data"]):
        m.expect(f"read-only: {' '.join(words)}", m.run(where, words, ordinary_user, env), (0, 1) if words[0] in ("apply", "decide") else (1,))
    for path in [where, *where.rglob("*")]:
        path.chmod(0o700)


def masks(m):
    now = ["--seed", "1", "--now", "2026-01-01T00:00:00Z", "-q"]
    for mask in (0o000, 0o077, 0o777):
        where = m.copy("empty", f"umask{mask:o}")
        done = m.run(where, ["apply", *now], lambda mask=mask: os.umask(mask))
        m.expect(f"umask {mask:o}", done, (0,))
        for name in ("idem.key", "idem.db"):
            path = where / name
            mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o777
            m.holds(f"umask {mask:o}: {name} has mode {mode:o}", not mode & 0o077 if name == "idem.key" else not mode & 0o007 & mask)
            m.holds(f"umask {mask:o}: {name} cannot be read by its owner: {mode:o}", mode & 0o400)
        m.holds(f"umask {mask:o}: the result", m.shop.state(where) == m.shop.state(m.folder / "one"))


def environment(m):
    expected = m.shop.state(m.folder / "one")
    cases = {
        "no environment": {}, "a locale that there is not": {"LC_ALL": "invalid", "LANG": "xx_YY.KOI8"},
        "a Turkish locale": {"LC_ALL": "tr_TR.UTF-8"}, "a HOME that there is not": {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"},
        "a time zone": {"TZ": "Pacific/Kiritimati"},
    }
    for name, env in cases.items():
        where = m.copy("empty", name.replace(" ", "-"))
        env = dict(env, **({"ASAN_OPTIONS": m.shop.env["ASAN_OPTIONS"]}))
        done = m.run(where, ["apply", "-q", "--seed", "1", "--now", "2026-01-01T00:00:00Z"], env=env)
        m.expect(name, done, (0,))
        m.holds(f"{name}: the result", m.shop.state(where) == expected)
        for words in (["show", m.master], ["export", "golden"], ["status"]):
            here, there = (m.run(where, words, env=e).stdout for e in (env, m.shop.env))
            m.holds(f"{name}: {' '.join(words)} tells the same", words[0] == "status" or here == there)


def streams(m):
    where = m.copy("one", "streams")
    before = m.shop.state(where)
    for words in reading(m):
        with open("/dev/full", "wb") as full:
            m.expect(f"standard output full: {' '.join(words)}", m.run(where, words, stdout=full), (1,))
        closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", m.idem, *words], cwd=where, env=m.shop.env,
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
        m.expect(f"standard output closed: {' '.join(words)}", closed, (1,))
    m.holds("what was printed into a closed stream went into no file", m.shop.state(where) == before)
    for name, redirect in (("all three", "<&- >&- 2>&-"), ("standard error", "2>&-"), ("standard input", "<&-")):
        where = m.copy("new", f"closed-{name.replace(' ', '-')}")
        words = ["apply", "--seed", "1", "--now", "2026-01-02T00:00:00Z"]
        done = subprocess.run(["sh", "-c", f'exec "$@" {redirect}', "sh", m.idem, *words], cwd=where, env=m.shop.env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
        m.expect(f"closed: {name}", done, (0, 1))
        m.expect(f"closed: {name}: verify", m.run(where, ["verify", "-q"]), (0,))
        m.holds(f"closed: {name}: before or after", m.shop.state(where) in (before, m.shop.state(m.folder / "two")))


def limits(m):
    before, after = m.shop.state(m.folder / "new"), m.shop.state(m.folder / "two")
    words = ["apply", "-q", "--seed", "1", "--now", "2026-01-02T00:00:00Z", "--threads", "1"]
    cases = [(f"ulimit -n {n}", resource.RLIMIT_NOFILE, n) for n in (4, 5, 6, 7, 8, 10, 12, 16)]
    cases += [(f"ulimit -f {n >> 10} KB", resource.RLIMIT_FSIZE, n) for n in (0, 1 << 10, 16 << 10, 100 << 10)]
    if "asan" not in sanitizers(m.idem):
        cases += [(f"ulimit -v {n >> 20} MB", resource.RLIMIT_AS, n) for n in (60 << 20, 80 << 20, 100 << 20, 120 << 20, 160 << 20)]
    for name, what, n in cases:
        where = m.copy("new", name.replace(" ", "-"))
        done = m.run(where, words, lambda what=what, n=n: resource.setrlimit(what, (n, n)))
        if done.returncode == 127 or b"shared librar" in done.stderr:
            continue  # not even loaded
        m.expect(name, done, (0, 1))
        m.holds(f"{name}: a message", done.returncode == 0 or done.stderr.strip())
        m.holds(f"{name}: before or after", m.shop.state(where) == (after if done.returncode == 0 else before))
        m.expect(f"{name}: repeated without", m.run(where, words), (0,))


def sanitizers(idem):
    return "asan" if b"libasan" in pathlib.Path(idem).read_bytes() else ""


def main(idem):
    with tempfile.TemporaryDirectory() as folder:
        m = Machine(idem, folder)
        for part in (clock, together, read_only, masks, environment, streams, limits):
            part(m)
            print(f"{part.__name__}: {m.cases} cases so far, {len(m.findings)} findings", flush=True)
        print("\n".join(m.findings))
        return 1 if m.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
