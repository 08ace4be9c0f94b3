#!/usr/bin/env python3
"""What goes wrong around a service: clients that are slow or many, certificates, a full disk.

    faults.py IDEM [PART...]        parts: slow many tls disk; default: all that this machine can show
"""
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning) # of the old TLS that is to be refused

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from service_process import Service


def connect(service):
    host, port = service.address.split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def is_ended(connection, within):
    """Whether the service ends the connection in time, whatever it says before."""
    connection.settimeout(0.2)
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if not connection.recv(4096):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def drip(connection, text, every, most):
    """Sends a byte now and then. The seconds until the service had enough; None: it never had."""
    began = time.monotonic()
    connection.settimeout(every)
    for byte in text:
        try:
            connection.sendall(bytes([byte]))
            if not connection.recv(4096):
                return time.monotonic() - began
        except TimeoutError:
            pass
        except OSError:
            return time.monotonic() - began
        if time.monotonic() - began > most:
            return None
    return None


def slow(service):
    service.start("--timeout", "2s")
    with connect(service) as silent:
        assert is_ended(silent, 10), "a silent connection is kept"
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X-Slow: " + b"x" * 1000
    with connect(service) as c:
        assert drip(c, head, 0.3, 20) is not None, "a head that never ends is read for ever"
    with connect(service) as c: # the second request of a connection
        c.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert c.recv(4096).startswith(b"HTTP/1.1 200")
        assert drip(c, head, 0.3, 20) is not None, "a second head that never ends is read for ever"
    with connect(service) as c:
        c.sendall(b"POST /v1/why HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
        assert drip(c, b" " * 1000, 0.3, 20) is not None, "a body that never ends is read for ever"
    assert service.client().lookup("crm", service.known)[0] == 200
    service.stop()


def many(service):
    service.start("--connections", "16", "--timeout", "20s")
    held = [connect(service) for _ in range(40)]
    for c in held:
        try:
            c.sendall(b"GET /v1/lookup?source=crm&id=%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % service.known.encode())
        except OSError:
            pass
    answered = 0
    time.sleep(1)
    for c in held:
        c.settimeout(0.01)
        try:
            answered += c.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            pass
    assert 1 <= answered <= 16, answered
    for c in held:
        c.close()
    until = time.monotonic() + 10
    while True:
        try:
            assert service.client().lookup("crm", service.known)[0] == 200
            break
        except OSError:
            assert time.monotonic() < until, "connections that were closed still count"
            time.sleep(0.1)
    service.stop()


def certificate(service, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", service.path("new.key"), "-out", service.path("new.pem")],
                   check=True, capture_output=True)


def renew(service, *which):
    for end in which:
        os.replace(service.path("new." + end), service.path("tls." + end))


def shown(service):
    """The certificate that a handshake shows now."""
    host, port = service.address.split(":")
    return ssl.get_server_certificate((host, int(port)))


def tls(service):
    try:
        certificate(service, "one")
    except FileNotFoundError:
        print("passed over: there is no openssl to make a certificate with")
        return
    renew(service, "key", "pem")
    token = json.loads(service.run("token", "create", "--role", "pipeline", "--json"))["token"]
    service.run("serve", "--listen", "0.0.0.0:0", expect=1)
    service.start("--listen", "0.0.0.0:0", "--tls-cert", "tls.pem", "--tls-key", "tls.key")
    assert service.url.startswith("https://")
    service.address = "127.0.0.1:" + service.address.split(":")[1]
    context = ssl.create_default_context(cafile=service.path("tls.pem"))
    client = service.client()
    client.connection = http.client.HTTPSConnection(service.address, context=context, timeout=30)
    path = f"/v1/lookup?source=crm&id={service.known}"
    assert client.ask("GET", path)[0] == 401
    assert client.ask("GET", path, headers={"Authorization": "Bearer " + token})[0] == 200
    assert client.connection.sock.version() == "TLSv1.3", client.connection.sock.version()

    # lines both ways through TLS
    client.connection.close()
    with context.wrap_socket(connect(service), server_hostname="127.0.0.1") as c:
        c.sendall(b"POST /v1/lookup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n"
                  b"Authorization: Bearer %s\r\n\r\n" % token.encode())
        line = json.dumps({"data_source": "crm", "record_id": service.known}).encode() + b"\n"
        told = b""
        for n in range(1, 4):
            c.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            while told.count(b'"master_id"') < n:
                told += c.recv(4096)
        c.sendall(b"0\r\n\r\n")
        while not told.endswith(b"0\r\n\r\n"):
            piece = c.recv(4096)
            assert piece, "the answer ends before its end"
            told += piece

    # what is no TLS, or an old one, gets nothing
    with connect(service) as c:
        c.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" not in c.recv(4096)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1
    try:
        old.wrap_socket(connect(service))
        raise SystemExit("TLS 1.1 is spoken")
    except (ssl.SSLError, OSError):
        pass

    # a renewed certificate counts without a restart; half of it does not
    first = shown(service)
    certificate(service, "two")
    renew(service, "key")
    time.sleep(1.5)
    assert shown(service) == first, "a key without its certificate was taken"
    renew(service, "pem")
    until = time.monotonic() + 10
    while shown(service) == first:
        assert time.monotonic() < until, "the renewed certificate is not shown"
        time.sleep(0.1)
    service.stop()
    renew_wrong = service.path("wrong.key")
    subprocess.run(["openssl", "genrsa", "-out", renew_wrong, "2048"], check=True, capture_output=True)
    service.run("serve", "--listen", "127.0.0.1:0", "--tls-cert", "tls.pem", "--tls-key", "wrong.key", expect=1)


def free_bytes(folder):
    fs = os.statvfs(folder)
    return fs.f_bavail * fs.f_frsize


def fill(service, name, leave=0):
    with open(service.path(name), "wb") as file:
        try:
            while free_bytes(service.folder) > leave:
                file.write(b"x" * max(4096, min(1 << 20, free_bytes(service.folder) - leave)))
                file.flush()
        except OSError:
            pass


def disk(idem, folder):
    """In a file system of 64 MB."""
    with Service(idem, 500, folder) as service:
        with open(service.path("crm.csv")) as file:
            service.known = file.readlines()[1].split(",")[0]
        service.start()
        client = service.client()
        status, _, told = client.put("crm", "D1", email="d1@example.org")
        assert status == 201, (status, told)
        master = told["master_id"]
        for name, leave in (("nearly", 4 << 20), ("wholly", 0)):
            fill(service, name, leave)
            time.sleep(0.2)
            for n in range(3):
                status, headers, told = client.put("crm", f"D{name}{n}", email="d2@example.org")
                assert status == 507 and headers["Content-Type"] == "application/problem+json", (status, told)
                assert told["type"].endswith("disk_full"), told
            status, _, told = client.ask("POST", "/v1/pins", {"master": master, "field": "email", "value": "x@example.org"})
            assert status == 507, (status, told)
            assert client.lookup("crm", service.known)[0] == 200
            for n in range(50): # values are shown, and noted
                status, _, told = client.ask("GET", f"/v1/masters/{master}")
                assert status == 200 and "d1@example.org" in json.dumps(told), (name, n, status, told)
            assert client.ask("POST", "/v1/search", {"fields": {"email": "d1@example.org"}})[0] == 200
            assert client.lookup("crm", f"D{name}0")[0] == 404
            print(f"{name} full: writing is refused, reading goes on")
        os.remove(service.path("nearly"))
        os.remove(service.path("wholly"))
        time.sleep(0.2)
        assert client.put("crm", "D2", email="d2@example.org")[0] == 201
        assert client.lookup("crm", "D2")[0] == 200
        service.stop()
        assert not os.path.exists(service.path("idem.db-reserve"))
        service.run("verify")


def disk_of_its_own(idem):
    inside = f"mount -t tmpfs -o size=64m none /mnt && exec {sys.executable} {os.path.abspath(__file__)} {os.path.abspath(idem)} inside"
    probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    if probe.returncode != 0:
        print("passed over: no file system of its own can be mounted here")
        return
    subprocess.run(["unshare", "-rm", "sh", "-c", inside], check=True)


def main():
    idem, parts = sys.argv[1], sys.argv[2:] or ["slow", "many", "tls", "disk"]
    if parts == ["inside"]:
        disk(idem, "/mnt")
        return
    for part in parts:
        if part == "disk":
            disk_of_its_own(idem)
        else:
            with Service(idem, 300) as service:
                with open(service.path("crm.csv")) as file:
                    service.known = file.readlines()[1].split(",")[0]
                {"slow": slow, "many": many, "tls": tls}[part](service)
        print("ok", part, flush=True)


main()
