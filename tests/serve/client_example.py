#!/usr/bin/env python3
"""The example client (examples/service/client.py) and the curl commands of docs/service.md, against a service.

    client_example.py IDEM ROOT
"""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service_process import Service


def client_creates_once_and_follows(service, client):
    run = lambda *words: subprocess.run([sys.executable, client, service.url, *words], capture_output=True, text=True, timeout=60)
    since = service.client().ask("GET", "/v1/status")[2]["seq"]
    first = run("create", "crm", "X/1", "given_name=Orla", "family_name=Oberhuber", "email=orla@example.org")
    assert first.returncode == 0 and first.stdout.startswith("created "), first
    again = run("create", "crm", "X/1", "given_name=Orla", "family_name=Oberhuber", "email=orla@example.org")
    assert again.stdout == first.stdout, again # the answer of the first time
    assert first.stdout.split()[1] in again.stderr, again # found before it is created
    refused = run("create", "nowhere", "1", "email=orla@example.org")
    assert refused.returncode != 0 and "nowhere" in refused.stderr + refused.stdout or "Unprocessable" in refused.stderr, refused
    follower = subprocess.Popen([sys.executable, client, service.url, "follow", str(since)], stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(follower.stdout.readline())
        assert told["seq"] > since and told["event"] == "created", told
        service.client().put("crm", "X-2", given_name="Paul", family_name="Pichler", email="paul@example.org")
        told = json.loads(follower.stdout.readline())
        assert told["record_id"] == "X-2", told
    finally:
        follower.kill()
        follower.wait()


def curl_commands_of_the_docs_work(service, page):
    if not shutil.which("curl"):
        print("passed over: there is no curl")
        return
    with open(page) as file:
        text = file.read()
    block = text[text.index("The same with curl:"):]
    commands = re.sub(r"\\\n\s+", "", block[:block.index("\n## ")])
    commands = [line.strip() for line in commands.splitlines() if line.strip().startswith("curl ")]
    assert len(commands) >= 4, commands
    for command in commands:
        command = command.replace("http://127.0.0.1:8480", service.url)
        endless = " -N " in command
        done = subprocess.run(command.replace("curl ", "curl -sS -m 3 " if endless else "curl -sS --fail-with-body ", 1), shell=True, capture_output=True,
                              text=True, cwd=service.folder)
        assert done.returncode == (28 if endless else 0), (command, done)
        assert done.stdout.strip(), command
        if not endless:
            [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def main():
    with Service(sys.argv[1], 300) as service:
        root = sys.argv[2]
        service.start()
        client_creates_once_and_follows(service, os.path.join(root, "examples/service/client.py"))
        curl_commands_of_the_docs_work(service, os.path.join(root, "docs/service.md"))
        service.stop()
        service.run("verify")


main()
