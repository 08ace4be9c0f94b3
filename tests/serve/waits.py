#!/usr/bin/env python3
"""How long commands wait while somebody else writes: waits.py IDEM"""
import fcntl
import os
import subprocess
import sys
import threading
import time

from service_process import Service

LINE = '{"data_source":"crm","record_id":"W-1","fields":{"email":"w1@example.org"}}\n'


def resolve(service, *words):
    """Exit status and seconds of a resolve that begins while the turn is another's for 1.5 seconds."""
    with open(service.path("idem.db-turn"), "w") as turn:
        fcntl.lockf(turn, fcntl.LOCK_EX)
        release = threading.Timer(1.5, lambda: fcntl.lockf(turn, fcntl.LOCK_UN))
        release.start()
        began = time.monotonic()
        done = subprocess.run([service.idem, "resolve", *words], cwd=service.folder, input=LINE, capture_output=True, text=True)
        seconds = time.monotonic() - began
        release.join()
    os.remove(service.path("idem.db-turn"))
    return done.returncode, seconds


def main():
    with Service(sys.argv[1], 100) as service:
        status, seconds = resolve(service)
        assert status == 0 and seconds > 1, (status, seconds)
        status, _ = resolve(service, "--wait", "0s")
        assert status == 4, status
        status, _ = resolve(service, "--wait", "30s")
        assert status == 0, status
    print("resolve waits as long as it is told, else for ten seconds")


main()
