#!/usr/bin/env python3
"""`idem serve` without memory: from some allocation on, one or all fail, while records are put.

The service goes on, or ends with status 1, never by a signal; what it acknowledged is there when it is started again, and `verify` finds
nothing. Where one allocation fails and the service has started, it goes on.

    serve_memory.py IDEM PRELOAD POINTS [SEED]

The points are spread evenly; with a seed they are drawn by it.
"""
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import crash_shop

RECORDS = 12


def started(server, log):
    for _ in range(1200):
        told = re.search(r"listening on http://(\S+)", log.read_text())
        if told:
            return told[1]
        if server.poll() is not None:
            return None
        time.sleep(0.02)
    raise SystemExit(f"the service did not start: {log.read_text()}")


def start(shop, where, **fault):
    log = where / "serve.log"
    env = dict(shop.env, **({"LD_PRELOAD": shop.preload} if fault else {}), **{f"FAULT_{k.upper()}": str(v) for k, v in fault.items()})
    server = subprocess.Popen([shop.idem, "serve", "--listen", "127.0.0.1:0"], cwd=where, env=env, stderr=log.open("wb"))
    return server, started(server, log)


def put(address, key):
    """The status of the answer, None without one."""
    body = json.dumps({"fields": {"given_name": "Ann", "family_name": "Berg", "email": f"{key}@post.example"}})
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("PUT", f"/v1/records/crm/{key}", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def stop(server):
    """The status that it ends with, None when it does not and is killed."""
    server.send_signal(signal.SIGTERM)
    try:
        return server.wait(60)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        return None


def check(shop, base, at, what):
    where, wrong = shop.folder / f"serve-{at}-{what}", []
    crash_shop.shutil.copytree(base, where)
    server, address = start(shop, where, at=at, do=what, errno=12, count="am")
    kept = [key for key in (f"N-{n}" for n in range(RECORDS)) if address and put(address, key) in (200, 201)]
    code = stop(server) if server.poll() is None else server.returncode
    if code == 1 and "memory" not in (where / "serve.log").read_text().lower():
        wrong.append(f"ended without a word of memory: {(where / 'serve.log').read_text()[-600:]}")
    if code not in (0, 1):
        wrong.append(f"ended with {code}: {(where / 'serve.log').read_text()[-600:]}")
    if what == "once" and address and code:
        wrong.append(f"ended for one allocation: {(where / 'serve.log').read_text()[-600:]}")
    there = {key for key, _ in crash_shop.keys(shop.state(where)[0])}
    wrong += [f"{key} was acknowledged and is not there" for key in kept if f"crm:{key}" not in there]
    if shop.run(where, ["verify", "-q"]).returncode != 0:
        wrong.append("verify finds something")
    server, address = start(shop, where)
    if not address or put(address, "N-last") not in (200, 201) or stop(server) != 0:
        wrong.append("it does not go on when it is started again")
    crash_shop.shutil.rmtree(where)
    return code, [f"allocation {at} ({what}): {line}" for line in wrong]


def allocations(shop, base):
    where = shop.folder / "serve-count"
    crash_shop.shutil.copytree(base, where)
    log = shop.folder / "serve.calls"
    server, address = start(shop, where, count="am", log=log)
    told = [put(address, f"N-{n}") for n in range(RECORDS)]
    if stop(server) != 0 or set(told) - {200, 201}:
        raise SystemExit(f"the service does not work: {told}")
    return os.path.getsize(log)


def points(possible, wanted, seed):
    if seed is None:
        return [1 + i * possible // wanted for i in range(wanted)]
    return random.Random(seed).sample(range(1, possible + 1), wanted)


def main(idem, preload, wanted, seed):
    with tempfile.TemporaryDirectory() as folder:
        shop = crash_shop.Shop(idem, preload, folder)
        base = shop.folder / "one"
        possible = allocations(shop, base)
        results = [check(shop, base, at, ("once", "always")[i % 2]) for i, at in enumerate(points(possible, wanted, seed))]
        findings = [line for _, lines in results for line in lines]
        codes = [code for code, _ in results]
        print(f"{len(results)} of about {possible} allocations failed: the service went on {codes.count(0)} times, ended {codes.count(1)} times, "
              f"{len(findings)} findings")
        print("\n".join(findings))
        return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else None))
