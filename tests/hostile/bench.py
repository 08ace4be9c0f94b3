"""Runs idem on hostile data: folders, files, limits, and what came of it.

Used by hostile_data.py. A `Run` has status, out, err (bytes), seconds and mb (peak resident memory).
"""
import json
import os
import pathlib
import resource
import shutil
import tempfile
import time


class Run:
    def __init__(self, status, out, err, seconds, mb):
        self.status, self.out, self.err, self.seconds, self.mb = status, out, err, seconds, mb

    def json(self):
        return json.loads(self.out)


class Failed(Exception):
    pass


class Bench:
    """One case: a fresh folder, and the sum of what its runs took."""

    def __init__(self, idem, big, timeout):
        self.idem, self.big, self.timeout = os.path.abspath(idem), big, timeout
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="idem-hostile-"))
        self.seconds, self.mb = 0.0, 0
        self.notes = []
        self.env = dict(os.environ, LC_ALL="C.UTF-8", ASAN_OPTIONS="detect_leaks=0")

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, content):
        """Text, bytes, or an iterable of either."""
        with open(self.folder / name, "wb") as f:
            for piece in [content] if isinstance(content, (bytes, str)) else content:
                f.write(piece.encode() if isinstance(piece, str) else piece)

    def read(self, name):
        return (self.folder / name).read_bytes()

    def config(self, fields, path="a.csv", record_id="id", source=None, **document):
        one = dict({"name": "a", "path": path, "record_id": record_id, "fields": fields}, **(source or {}))
        self.write("idem.json", json.dumps(dict({"sources": [one]}, **document)))

    def run(self, *words, stdin=None, status=0, **how):
        out, err = self.folder / ".out", self.folder / ".err"
        begin = time.monotonic()
        pid = os.fork()
        if pid == 0:
            self._become(words, stdin, out, err, how.get("cpu", self.timeout))
        _, code, used = os.wait4(pid, 0)
        done = Run(os.waitstatus_to_exitcode(code), out.read_bytes(), err.read_bytes(), time.monotonic() - begin,
                   used.ru_maxrss // 1024)
        self.seconds += done.seconds
        self.mb = max(self.mb, done.mb)
        if status is not None and done.status != status:
            raise Failed(f"idem {' '.join(words)}: exit {done.status}, not {status}: {done.err[:600].decode(errors='replace')}")
        return done

    def _become(self, words, stdin, out, err, cpu):
        """The child: CPU time is limited (what hangs is killed), files are its streams."""
        os.chdir(self.folder)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        if stdin is not None:
            self.write(".in", stdin)
        for number, path, flags in ((0, ".in" if stdin is not None else os.devnull, os.O_RDONLY),
                                    (1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), (2, err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
            os.dup2(os.open(path, flags, 0o600), number)
        os.execve(self.idem, [self.idem, *words], self.env)

    def apply(self, *words, **how):
        return self.run("apply", "--json", "--now", "2026-01-01T00:00:00Z", "--seed", "1", *words, **how)

    def must(self, truth, what):
        if not truth:
            raise Failed(what)

    def holds(self, text, part, what):
        part = part.encode() if isinstance(part, str) else part
        if part not in text:
            raise Failed(f"{what}: no {part!r} in {text[:500]!r}")

    def note(self, text):
        self.notes.append(text)

    def rejects(self):
        """{reason: [lines]} of `export rejects`."""
        found = {}
        for line in self.run("export", "rejects", "--format", "jsonl").out.splitlines():
            one = json.loads(line)
            found.setdefault(one["reason"], []).append(one["line"])
        return found


def told(report):
    """The losses of an apply report that are not 0, as text."""
    lost = {k: v for k, v in report["losses"].items() if v}
    return ", ".join(f"{v} {k}" for k, v in lost.items()) or "nothing"
