#!/usr/bin/env python3
"""Search before create, and the feed of changes, with nothing but Python's library.

    client.py URL create SOURCE RECORD_ID FIELD=VALUE...   the customer's master, found or new
    client.py URL follow [SEQ]                             a line for each change after SEQ, for ever

A token, where one is needed, is in the environment variable IDEM_TOKEN.
"""
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


def ask(url, method, path, body=None, headers=None):
    headers = dict(headers or {})
    if os.environ.get("IDEM_TOKEN"):
        headers["Authorization"] = "Bearer " + os.environ["IDEM_TOKEN"]
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    for attempt in range(5):
        request = urllib.request.Request(url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            if error.code not in (429, 503) or attempt == 4:
                sys.exit(f"{problem['title']}: {problem['detail']}")
            time.sleep(int(error.headers.get("Retry-After", 1)))


def create(url, source, record_id, fields):
    found = ask(url, "POST", "/v1/search", {"fields": fields, "limit": 3, "brief": True})
    for hit in found["results"]:
        print(f"{hit['band']:8} {hit['match_weight']:6.1f} {hit['master_id']}", file=sys.stderr)
    path = f"/v1/records/{urllib.parse.quote(source, safe='')}/{urllib.parse.quote(record_id, safe='')}"
    put = ask(url, "PUT", path, {"fields": fields}, {"Idempotency-Key": f"create {source} {record_id}"})
    print(put["event"], put["master_id"])


def follow(url, seq):
    while True:
        page = ask(url, "GET", f"/v1/changes?since={seq}&wait=30")
        for change in page["changes"]:
            print(json.dumps(change), flush=True)
        seq = page["next"]  # keep it: it is where to go on after a restart


if len(sys.argv) >= 5 and sys.argv[2] == "create":
    create(sys.argv[1], sys.argv[3], sys.argv[4], dict(word.split("=", 1) for word in sys.argv[5:]))
elif len(sys.argv) >= 3 and sys.argv[2] == "follow":
    follow(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
else:
    sys.exit(__doc__)
