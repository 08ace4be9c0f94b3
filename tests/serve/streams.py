#!/usr/bin/env python3
"""JSON lines both ways: answers come while the request is still being sent, in bounded memory, and slow clients hurt only themselves.

    streams.py IDEM
"""
import json
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service_process import Service


class Stream:
    """A request of JSON lines, by hand: chunks out, lines in."""

    def __init__(self, service, path, receive_buffer=None):
        host, port = service.address.split(":")
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect((host, int(port)))
        self.socket.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        self.head, self.file = None, None

    def send(self, lines):
        text = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(text), text))

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def begin(self):
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.head = {}
        while (line := self.file.readline().strip()):
            name, value = line.decode().split(": ", 1)
            self.head[name.lower()] = value

    def chunk(self):
        """The next piece of the answer; empty at its end."""
        if self.file is None:
            self.begin()
        size = int(self.file.readline(), 16)
        text = self.file.read(size)
        assert self.file.readline() == b"\r\n"
        return text

    def lines(self, n):
        """The next n answers, or fewer at the end."""
        text = b""
        while text.count(b"\n") < n:
            piece = self.chunk()
            if not piece:
                break
            text += piece
        return [json.loads(line) for line in text.splitlines()]


def record(n, pad=0):
    return {"data_source": "crm", "record_id": f"S{n}", "fields": {"email": f"s{n}@example.org", "city": "x" * pad}}


def answers_come_while_lines_are_sent(service):
    stream = Stream(service, "/v1/records")
    for n in range(20):
        stream.send([record(n)])
        (answer,) = stream.lines(1)
        assert answer["record_id"] == f"S{n}" and answer["master_id"], answer
    stream.send([{"data_source": "crm"}])
    (answer,) = stream.lines(1)
    assert answer["error"]["status"] == "invalid" and answer["line"] == 21, answer
    stream.end()
    assert stream.chunk() == b"" and stream.head["connection"] == "close"
    assert stream.socket.recv(1) == b"", "the connection stays open"
    look = Stream(service, "/v1/lookup")
    for n in (3, 99999, 4):
        look.send([{"data_source": "crm", "record_id": f"S{n}"}])
        (answer,) = look.lines(1)
        assert answer["record_id"] == f"S{n}" and (answer["master_id"] is None) == (n == 99999), answer
    look.send([{"record": 1}])
    assert look.lines(1)[0]["line"] == 4
    look.end()
    assert look.chunk() == b""


def many_lookups_take_bounded_memory(service, n=400000):
    """More answers than would be kept: the client reads as it sends."""
    before = service.memory_kb("VmHWM")
    stream, got = Stream(service, "/v1/lookup"), []

    def read():
        while (piece := stream.chunk()):
            got.append(piece.count(b"\n"))

    reader = threading.Thread(target=read)
    reader.start()
    line = b'{"data_source":"crm","record_id":"S3"}\n' * 1000
    for _ in range(n // 1000):
        stream.socket.sendall(b"%x\r\n%s\r\n" % (len(line), line))
    stream.end()
    reader.join(120)
    assert sum(got) == n, sum(got)
    grown = service.memory_kb("VmHWM") - before
    assert grown < 64 << 10, f"{grown} kB for {n} look-ups"
    print(f"{n} look-ups in one request: {grown} kB more at most")


def who_reads_only_at_the_end_is_served(service, n=20000):
    stream = Stream(service, "/v1/lookup")
    line = b'{"data_source":"crm","record_id":"S3"}\n' * 1000
    for _ in range(n // 1000):
        stream.socket.sendall(b"%x\r\n%s\r\n" % (len(line), line))
    stream.end()
    assert len(stream.lines(n)) == n
    assert stream.chunk() == b""


def who_never_reads_is_cut_off(service):
    """More than is kept for him; others are answered meanwhile, and the service forgets him after its time."""
    stream = Stream(service, "/v1/lookup", receive_buffer=4096)
    stream.socket.settimeout(1)
    line = b'{"data_source":"crm","record_id":"S3"}\n' * 1000
    try:
        for _ in range(3000):
            stream.socket.sendall(b"%x\r\n%s\r\n" % (len(line), line))
    except (TimeoutError, OSError):
        pass
    else:
        raise SystemExit("everything was taken from a client that reads nothing")
    client = service.client()
    until, cut = time.monotonic() + 30, False
    while time.monotonic() < until and not cut:
        assert client.lookup("crm", "S3")[0] == 200
        try:
            stream.socket.sendall(line[:10])
            time.sleep(0.2)
        except TimeoutError:
            continue
        except OSError:
            cut = True
    assert cut, "a client that reads nothing is kept for ever"


def a_small_request_keeps_its_connection(service):
    client = service.client()
    text = "".join(json.dumps(record(n)) + "\n" for n in range(3))
    for _ in range(2):
        client.connection.request("POST", "/v1/records", text, {"Content-Type": "application/x-ndjson"})
        answer = client.connection.getresponse()
        assert answer.status == 200 and answer.headers["Content-Length"], answer.headers
        assert len(answer.read().splitlines()) == 3


def http_1_0_is_answered_at_the_end(service):
    host, port = service.address.split(":")
    with socket.create_connection((host, int(port))) as s:
        text = b'{"data_source":"crm","record_id":"S3"}\n' * 3000
        s.sendall(b"POST /v1/lookup HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        told = b""
        while (piece := s.recv(65536)):
            told += piece
    head, body = told.split(b"\r\n\r\n", 1)
    assert b" 200 " in head.splitlines()[0] and b"chunked" not in head and body.count(b"\n") == 3000, head


def main():
    with Service(sys.argv[1], 300) as service:
        service.start("--timeout", "3s", env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"})
        for test in (answers_come_while_lines_are_sent, a_small_request_keeps_its_connection, http_1_0_is_answered_at_the_end,
                     many_lookups_take_bounded_memory, who_reads_only_at_the_end_is_served, who_never_reads_is_cut_off):
            test(service)
            print("ok", test.__name__, flush=True)
        service.stop()
        service.run("verify")


main()
