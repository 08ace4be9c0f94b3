"""Files that are empty, broken, packed, nested, or not what they say; configurations of the same kind."""
import gzip
import json
import shutil
import subprocess

HEAD = b"id,given,family,mail\n"
FIELDS = {"given_name": "given", "family_name": "family", "email": "mail"}


def _rows(b, content, path="a.csv", db="idem.db", **how):
    b.write(path, content)
    b.config(FIELDS, path=path, **how)
    return b.apply("--db", db).json()["records"]


def empty_files(b):
    b.write("a.csv", b"")
    b.config(FIELDS)
    b.holds(b.apply(status=1).err, "empty", "an empty file")
    b.write("a.csv", b"\xef\xbb\xbf")
    b.holds(b.apply(status=1).err, "empty", "only a byte order mark")
    b.write("a.csv", b"\xff\xfe")
    b.holds(b.apply(status=1).err, "empty", "only a byte order mark of UTF-16")
    b.must(_rows(b, b"\xef\xbb\xbf" + HEAD)["read"] == 0, "only a header")
    b.note("refused: no header; a file of only a header is 0 records")
    return 0


def nul_bytes(b):
    records = _rows(b, HEAD + b"1,A\0nn,Lee,a@example.org\n2,Bob,Lee,b@example.org\n\0\0\0\n3," + b"\0" * 100000 + b",x,y\n4,Cy,Lee,c@example.org\n")
    b.must(records["new"] == 2 and records["rejected"] == 3, f"{records}")
    b.must(b.rejects() == {"NUL byte": [2, 4, 5]}, f"{b.rejects()}")
    b.write("a.csv", b"\0" * (100 << 20 if b.big else 3 << 20))
    b.holds(b.apply(status=1).err, "a.csv", "a file of NUL bytes")
    b.note("3 rows, NUL byte (export rejects)")
    return 5


def overlong_utf8(b):
    bad = [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"\xc3"]
    records = _rows(b, HEAD + b"".join(b"%d,A%snn,Lee,a%d@example.org\n" % (i, x, i) for i, x in enumerate(bad)) + b"x,Ann,Lee,a@example.org\n")
    b.must(records["new"] == 1 and records["rejected"] == len(bad), f"{records}")
    b.must(list(b.rejects()) == ["bad encoding"], "reasons")
    b.note(f"{len(bad)} rows, bad encoding (export rejects)")
    return len(bad) + 1


def unclosed_quotes(b):
    n = 200000 if b.big else 300
    good = [b"%d,Ann%d,Lee,a%d@example.org\n" % (i, i, i) for i in range(n)]
    one = _rows(b, HEAD + b'q,"Ann,Lee,a@example.org\n' + b"".join(good))
    b.must(one["new"] == n and one["rejected"] == 1, f"one that never closes: {one}")
    b.must(b.rejects() == {"unclosed quote": [2]}, f"{b.rejects()}")
    every = _rows(b, HEAD + b"".join(b'%d,"Ann,Lee,a@example.org\n' % i for i in range(n)), db="every.db")
    b.must(every["new"] == 0 and every["rejected"] == n, f"every row opens one: {every}")
    b.note(f"each row on its own, unclosed quote (export rejects); none is swallowed")
    return 2 * n + 1


def swallowed_rows(b):
    """Two stray quotes, each before a comma, make one cell of all rows between, as RFC 4180 says: told, with number and place."""
    n = 200000 if b.big else 200
    good = [b"%d,Ann%d,Lee,a%d@example.org\n" % (i, i, i) for i in range(n)]
    b.write("a.csv", HEAD + b"".join(good[:10]) + b'q,"Ann,Lee,a@example.org\n' + b"".join(good[10:40]) + b'r,Bo",Lee,b@example.org\n' + b"".join(good[40:]))
    b.config(FIELDS)
    report = b.apply().json()
    b.must(report["records"]["read"] == n - 30 + 1, f"{report['records']}")
    b.must(any("a.csv:12:" in w and " 31 lines " in w for w in report["warnings"]), f"{report['warnings']}")
    b.holds(b.run("check").out, "31 lines", "check")
    b.note("31 rows within one cell, number and line in a warning (apply, check)")
    _rows(b, HEAD + b'1,"12 Road, Town\nSecond, line, here\n",Lee,a@example.org\n', db="notes.db")
    b.must(b"look like rows" not in b.run("check").out, "a note over several lines was taken for rows")
    return n + 2


def mixed_line_ends(b):
    ends = [b"\n", b"\r\n", b"\r"]
    records = _rows(b, HEAD + b"".join(b"%d,Ann,Lee%d,a%d@example.org" % (i, i, i) + ends[i % 3] for i in range(300)) + b"last,Bo,Lee,b@example.org")
    b.must(records["new"] == 301 and records["rejected"] == 0, f"{records}")
    return 301


def packed_bombs(b):
    """Rows without end, and zeros without end: no more than 256 MB and 200 times the file's size come out."""
    with gzip.open(b.folder / "rows.csv.gz", "wb", compresslevel=9) as f:
        f.write(HEAD)
        block = b"1,Ann,Lee,a@example.org\n" * 40000
        for _ in range(3000 if b.big else 280):
            f.write(block)
    with gzip.open(b.folder / "zeros.csv.gz", "wb", compresslevel=6) as f:
        f.write(HEAD)
        for _ in range(3 << 10 if b.big else 280):
            f.write(bytes(1 << 20))
    bombs = ["rows.csv.gz", "zeros.csv.gz"]
    if shutil.which("zstd"):
        with gzip.open(b.folder / "zeros.csv.gz") as zeros, subprocess.Popen(["zstd", "-q", "-o", str(b.folder / "zeros.csv.zst")], stdin=subprocess.PIPE) as pack:
            shutil.copyfileobj(zeros, pack.stdin, 1 << 20)
        bombs.append("zeros.csv.zst")
    for name in bombs:
        b.config(FIELDS, path=name)
        b.holds(b.apply(status=1).err, "most_expansion", name)
    b.note("refused, with the option that lets it pass")
    if not b.big:
        b.config(FIELDS, path="zeros.csv.gz", source={"most_expansion": 1000000})
        b.must(b.apply().json()["records"]["rejected"] == 1, "the option that raises the limit")
    return 3000 * 40000 if b.big else 280 * 40000


def nested_json(b):
    deep = 20000000 if b.big else 1000000
    lines = [b'{"id":"1","given":"Ann","x":' + b"[" * deep + b"]" * deep + b"}\n", b'{"id":"2","given":"Bob"}\n',
             b'{"id":"3","given":"Cy","x":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}\n", b'{"id":"4","given":"Di","given":"Dora"}\n',
             b'{"id":"5","given":"\\ud800"}\n', b'{"id":"6","given":"\\udc00\\ud800x"}\n', b'{"id":"7","given":1e1000}\n',
             b'{"id":"8","given":' + b"9" * 1000 + b"}\n", b'{"id":"9","given":"A\\u0000b"}\n', b'{"id":"10","given":{"x":1}}\n',
             b'{"id":"11","given":["a",["b",["c"]]]}\n', b'{"id":1e400,"given":"x"}\n', b'{"id":"13","given":"' + b"x" * (100 << 20 if b.big else 17 << 20) + b'"}\n',
             b'{"id":"14","given":"Eve"}\n', b'{"id":"15","given":"\xed\xa0\x80"}\n', b'[1]\n', b'{"id":"17","given":"Fay"\n']
    b.write("a.jsonl", lines)
    b.config({"given_name": "given"}, path="a.jsonl")
    records = b.apply().json()["records"]
    b.must(records["read"] + records["rejected"] == len(lines) or records["new"] + records["rejected"] == len(lines), f"{records}")
    b.note(f"{records['rejected']} rows: " + ", ".join(f"{k} {v}" for k, v in b.rejects().items()))
    b.run("export", "records", "--format", "jsonl")
    return len(lines)


def many_sources(b):
    def document(n):
        return {"sources": [{"name": f"s{i}", "path": "a.csv", "record_id": "id", "fields": FIELDS} for i in range(n)]}
    b.write("a.csv", HEAD + b"1,Ann,Lee,a@example.org\n2,Bob,Ray,b@example.org\n")
    b.write("idem.json", json.dumps(document(64)))
    b.must(b.apply().json()["records"]["new"] == 128, "64 sources")
    b.write("idem.json", json.dumps(document(1000)))
    refused = b.apply(status=1).err
    b.holds(refused, b"64", "the error")
    b.note("64 work; " + refused.decode().strip())
    return 128


def many_fields(b):
    n = 100000 if b.big else 5000
    fields = {f"f{i}": "mail" for i in range(n)}
    b.write("a.csv", HEAD)
    b.write("idem.json", json.dumps({"sources": [{"name": "a", "path": "a.csv", "record_id": "id", "fields": fields}],
                                     "fields": {f: {"type": "text"} for f in fields}}))
    refused = b.apply(status=1).err
    b.holds(refused, b"64", "the error")
    b.note(refused.decode().strip()[:200])
    return 0


def configuration_bombs(b):
    b.write("a.csv", HEAD + b"1,Ann,Lee,a@example.org\n")
    n = 1000000 if b.big else 20000
    good = {"name": "a", "path": "a.csv", "record_id": "id", "fields": FIELDS}
    bombs = {"nesting": b'{"sources":' + b"[" * n + b"]" * n + b"}",
             "rules": json.dumps({"sources": [good], "matching": {"rules": [{"when": ["email"], "then": "perhaps"}] * n}}).encode(),
             "blocking": json.dumps({"sources": [good], "matching": {"blocking": ["email"] * n}}).encode(),
             "long key": b'{"' + b"k" * n + b'": 1}',
             "long name": json.dumps({"sources": [dict(good, name="n" * n)]}).encode(),
             "large": b'{"sources":[],' + b" " * (20 << 20) + b'"x":1}',
             "numbers": b'{"gates":{"max_churn":1' + b"0" * n + b'}}',
             "twice": b'{"sources":[],"sources":[]}'}
    for name, text in bombs.items():
        b.write("idem.json", text)
        refused = b.run("check", status=None)
        b.must(refused.status == 1 and 10 < len(refused.err) < 3000, f"{name}: {refused.status}, {len(refused.err)} bytes: {refused.err[:300]}")
    return 0


def patterns_as_values(b):
    values = [".*", "(a+)+$", "[", "%", "_", "*", "?", "\\", "$(id)", "`id`", "{0}", "%s%n%d", "(?=(a+))a*b\\1", "../*", "a" * 50000 + "!"]
    text = "id,given,family,mail\n" + "".join(f'{i},"{v}","{v}{i}","{v}{i}@example.org"\n' for i, v in enumerate(values))
    b.must(_rows(b, text)["new"] == len(values), "rows")
    for v in values[:-1]:
        found = b.run("search", "--json", f"given_name={v}", status=None)
        b.must(found.status in (0, 3), f"search {v}: {found.err}")
    b.config({"given_name": "given"}, source={"path": "[[[*?"})
    b.run("check", status=1)
    return len(values)


CASES = [empty_files, nul_bytes, overlong_utf8, unclosed_quotes, swallowed_rows, mixed_line_ends, packed_bombs, nested_json, many_sources, many_fields,
         configuration_bombs, patterns_as_values]
