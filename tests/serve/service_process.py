"""What tests of the whole service share: a folder with generated customers, and `idem serve` over it."""
import http.client
import json
import os
import signal
import subprocess
import tempfile
import time


class Service:
    """A folder of its own with a database of `records` generated customers; start() serves it."""

    def __init__(self, idem, records=500, folder=None):
        self.idem = os.path.abspath(idem)
        self.temporary = tempfile.TemporaryDirectory(dir=folder)
        self.folder = self.temporary.name
        self.process = None
        self.run("generate", "-o", ".", "--records", str(records), "--seed", "1")
        self.run("init", "crm.csv", "billing.csv", "support.jsonl")
        self.run("apply")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.temporary.cleanup()

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, expect=0):
        done = subprocess.run([self.idem, *words], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != expect:
            raise SystemExit(f"idem {' '.join(words)}: exit {done.returncode}, not {expect}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout

    def start(self, *words, env=None):
        log = self.path("serve.log")
        with open(log, "w") as out:
            self.process = subprocess.Popen([self.idem, "serve", "--listen", "127.0.0.1:0", *words], cwd=self.folder,
                                            stderr=out, env={**os.environ, **(env or {})})
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with open(log) as told:
                text = told.read()
            if "listening on " in text:
                self.url = text.split("listening on ")[1].split()[0]
                self.address = self.url.split("//")[1]
                return self
            if self.process.poll() is not None:
                raise SystemExit("the service did not start: " + text)
            time.sleep(0.02)
        raise SystemExit("the service did not start in a minute")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        if code != 0:
            with open(self.path("serve.log")) as told:
                raise SystemExit(f"the service ended with {code}: {told.read()[-2000:]}")

    def client(self):
        return Client(self.address)

    def memory_kb(self, which="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as told:
            return next(int(line.split()[1]) for line in told if line.startswith(which))


class Client:
    """One connection that is kept, and made anew when it was idle so long that the service may have closed it."""

    def __init__(self, address, timeout=60):
        self.connection = http.client.HTTPConnection(address, timeout=timeout)
        self.used = time.monotonic()

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and JSON of the answer."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if time.monotonic() - self.used > 5:
            self.connection.close()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        self.used = time.monotonic()
        return answer.status, answer.headers, json.loads(text) if text else None

    def put(self, source, record_id, **fields):
        return self.ask("PUT", f"/v1/records/{source}/{record_id}", {"fields": fields})

    def lookup(self, source, record_id):
        return self.ask("GET", f"/v1/lookup?source={source}&id={record_id}")
