"""What no program of the kind can do without: counting lines, a million narrow rows into SQLite, writing and syncing the database's bytes.

    floors.py FILE... DATABASE
"""

import json
import os
import sqlite3
import subprocess
import sys
import time


def seconds(work):
    start = time.monotonic()
    work()
    return round(time.monotonic() - start, 3)


def rows(path):
    """A million rows of four numbers by one statement: SQLite's own speed, Python takes no part in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE narrow(id INTEGER PRIMARY KEY, a INT, b INT, c INT)")
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) INSERT INTO narrow SELECT i, i % 3, i / 2, i FROM n"
    )
    connection.close()


def copy(path, to):
    """Writes as many bytes; returns how long the fsync behind it takes."""
    left = os.path.getsize(path)
    with open(to, "wb", buffering=0) as out:
        block = os.urandom(1 << 20)
        while left > 0:
            left -= out.write(block[: min(left, len(block))])
        return seconds(lambda: os.fsync(out.fileno()))


files, database = sys.argv[1:-1], sys.argv[-1]
result = {
    "wc": seconds(lambda: subprocess.run(["wc", "-l", *files], stdout=subprocess.DEVNULL, check=True)),
    "narrow_rows": seconds(lambda: rows("floor.db")),
    "fsync": copy(database, "floor.bytes"),
}
os.unlink("floor.db")
os.unlink("floor.bytes")
print(json.dumps(result))
