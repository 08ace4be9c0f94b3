#!/usr/bin/env python3
"""`idem apply` beside a service that is written to all the time.

    apply_beside.py IDEM [RECORDS]

The run is neither starved nor refused; upserts wait for it, or are told when to come again; look-ups go on; nothing that
was acknowledged is lost; afterwards the service works with the run's ids, its model and a changed configuration.
"""
import fcntl
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service_process import Service

WRITERS = 4


def word(chance):
    return "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(4)).capitalize()


class Load:
    """Writers and a reader that go on until stop()."""

    def __init__(self, service, source):
        self.service, self.source = service, source
        self.acknowledged, self.busy, self.wrong, self.slowest_read = {}, 0, [], 0.0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(n,)) for n in range(WRITERS)]
        self.threads.append(threading.Thread(target=self.read))
        for thread in self.threads:
            thread.start()

    def write(self, writer):
        client, n, chance = self.service.client(), 0, random.Random(writer)
        while not self.stopping.is_set():
            key = f"{self.source}-w{writer}-{n}"
            n += 1
            status, headers, told = client.put(self.source, key, given_name=word(chance), family_name=word(chance), email=f"{key}@example.org")
            if status in (200, 201):
                self.acknowledged[key] = told["master_id"]
            elif status == 503 and headers["Retry-After"]:
                self.busy += 1
                self.stopping.wait(0.2)
            else:
                self.wrong.append((key, status, told))

    def read(self):
        client = self.service.client()
        while not self.stopping.is_set():
            began = time.monotonic()
            status, _, told = client.lookup("crm", self.service.known)
            self.slowest_read = max(self.slowest_read, time.monotonic() - began)
            if status != 200:
                self.wrong.append(("lookup", status, told))
            time.sleep(0.002)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        assert not self.wrong, self.wrong[:3]
        return self.acknowledged


def wait_for(what, condition):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.05)
    raise SystemExit("never: " + what)


def edit(service, change):
    with open(service.path("idem.json")) as file:
        config = json.load(file)
    change(config)
    with open(service.path("idem.json"), "w") as file:
        json.dump(config, file)


def live_source(config):
    """A source that only the service writes: an apply takes nothing away from it."""
    config["sources"].append({"name": "live", "path": "live.csv", "mode": "delta", "record_id": "id", "fields": {
        "given_name": "given_name", "family_name": "family_name", "email": "email"}})


def run_beside(service, *words):
    """One apply beside the load; its report."""
    load = Load(service, "live")
    time.sleep(0.5)
    before = len(load.acknowledged)
    report = json.loads(service.run("apply", "--json", *words))
    time.sleep(0.3)
    acknowledged = load.stop()
    assert len(acknowledged) > before, "no upsert was taken after the run"
    client = service.client()
    for key, master in acknowledged.items():
        status, _, told = client.lookup("live", key)
        assert status == 200, f"acknowledged and gone: {key} ({status})"
    print(f"apply {' '.join(words)}: {report['status']}, {len(acknowledged)} upserts acknowledged, {load.busy} told to come again, "
          f"slowest look-up {load.slowest_read * 1e3:.0f} ms")
    return report


def a_long_turn_is_waited_for_then_told(service):
    """The turn is held as an apply holds it: changes wait for two seconds from their arrival on, however many they are; look-ups do not."""
    told = []

    def put(n):
        began = time.monotonic()
        status, headers, _ = service.client().put("live", f"turn-{n}", email=f"turn{n}@example.org")
        told.append((status, headers["Retry-After"], time.monotonic() - began))

    def together(numbers):
        threads = [threading.Thread(target=put, args=(n,)) for n in numbers]
        for thread in threads:
            thread.start()
        return threads

    with open(service.path("idem.db-turn"), "w") as turn:
        fcntl.lockf(turn, fcntl.LOCK_EX)
        threads = together(range(150)) # several groups of the writer
        time.sleep(0.5)
        began = time.monotonic()
        assert service.client().lookup("crm", service.known)[0] == 200
        assert time.monotonic() - began < 2, "a look-up waits for a writer"
        for thread in threads:
            thread.join()
        assert all(status == 503 and again for status, again, _ in told), told[:5]
        assert min(t for *_, t in told) > 1.5, "nobody waited"
        assert max(t for *_, t in told) < 15, max(t for *_, t in told)
        told.clear()
        threads = together(range(150, 170)) # these come shortly before its end
        time.sleep(0.7)
    os.remove(service.path("idem.db-turn"))
    for thread in threads:
        thread.join()
    assert all(status == 201 for status, *_ in told), told


def what_shows_values_waits_longer(service):
    """What is shown is noted first: while somebody else writes for three seconds it waits, and changes are told to come again."""
    told = []

    def get():
        began = time.monotonic()
        told.append((service.client().ask("GET", f"/v1/records/crm/{service.known}")[0], time.monotonic() - began))

    with open(service.path("idem.db-turn"), "w") as turn:
        fcntl.lockf(turn, fcntl.LOCK_EX)
        thread = threading.Thread(target=get)
        thread.start()
        time.sleep(0.2)
        assert service.client().put("live", "turn-x", email="x@example.org")[0] == 503
        time.sleep(1)
        assert not told, "it was not noted, and shown"
    os.remove(service.path("idem.db-turn"))
    thread.join()
    assert told[0][0] == 200 and told[0][1] > 2.5, told


def main():
    records = int(sys.argv[2]) if len(sys.argv) > 2 else 800
    with Service(sys.argv[1], records) as service:
        with open(service.path("live.csv"), "w") as file:
            file.write("id,given_name,family_name,email\nl-1,Lina,Lang,lina.lang@example.org\n")
        edit(service, live_source)
        service.run("apply")
        with open(service.path("crm.csv")) as file:
            lines = file.readlines()
        service.known = lines[1].split(",")[0]
        service.start()
        client = service.client()

        a_long_turn_is_waited_for_then_told(service)
        what_shows_values_waits_longer(service)

        # a run over everything, with changed rows and one more
        columns = lines[0].rstrip("\n").split(",")
        fresh = ["" for _ in columns]
        fresh[0] = "FRESH-1"
        for name, value in (("first_name", "Nora"), ("last_name", "Neumann"), ("email", "nora.neumann@example.org")):
            if name in columns:
                fresh[columns.index(name)] = value
        with open(service.path("crm.csv"), "a") as file:
            file.write(",".join(fresh) + "\n")
        report = run_beside(service, "--full")
        assert report["status"] == "committed", report["status"]
        wait_for("the new record is looked up", lambda: client.lookup("crm", "FRESH-1")[0] == 200)

        # another model
        report = run_beside(service, "--retrain", "--allow", "max_churn", "--allow", "max_merged_masters", "--reason", "test")
        assert report["model"]["trained"] and report["status"] == "committed", report
        status, _, told = client.put("live", "l-2", given_name="Lina", family_name="Lang", email="lina.lang@example.org")
        assert status == 201 and told["master_id"] == client.lookup("live", "l-1")[2]["master_id"], told

        # another configuration: a source more, without a restart
        status, _, told = client.put("shop", "s-1", email="lina.lang@example.org")
        assert status == 422, (status, told)
        with open(service.path("shop.csv"), "w") as file:
            file.write("id,email\n")
        time.sleep(1.1) # files' times are told apart by the second on some file systems
        edit(service, lambda config: config["sources"].append({"name": "shop", "path": "shop.csv", "mode": "delta", "record_id": "id", "fields": {"email": "email"}}))
        run_beside(service)
        wait_for("a record of the new source is taken", lambda: client.put("shop", "s-1", email="lina.lang@example.org")[0] in (200, 201))

        service.stop()
        assert not os.path.exists(service.path("idem.db-turn")), "the turn's file was left"
        service.run("verify")


main()
