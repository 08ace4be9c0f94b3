"""Values that want to be something else where they are shown: in a terminal, a page, a spreadsheet, a file that was annotated."""
import csv
import io
import json
import os
import pty
import re

IDS = ["--help", "-rf", "../../etc/passwd", "'; DROP TABLE t_record; --", '{"id": 1}', "a:b", "=1+1", "@SUM(A1)", "+49", "\x1b]0;x\x07\x1b[2J", "tab\there",
       "line\nbreak", "x" * 1024, "é́́", "\u202egnp.exe", "\u200b", "%00", "$(id)", "a,b", '"', "<script>alert(1)</script>", "\u009b31m", "NULL", "0x10"]
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\r(?!\n)")
OWN_STYLE = re.compile(rb"\x1b\[[0-9;]*m|\x1b\[K|\x1b\[\?25[lh]")


def _csv(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def _hostile_shop(b):
    """A database whose ids, values and names are all hostile: each id twice, in two sources that agree."""
    values = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x",
              "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\u009b2J", "\u202eabc", "a\nb"]
    rows = [["id", "given", "mail", "=note"]]
    for i, one in enumerate(IDS):
        rows.append([one, values[i % len(values)], f"a{i}@example.org", values[(i + 3) % len(values)]])
    b.write("a.csv", _csv(rows))
    b.write("b.csv", _csv(rows))
    fields = {"given_name": "given", "email": "mail", "note": "=note"}
    one = {"path": "a.csv", "record_id": "id", "fields": fields}
    b.write("idem.json", json.dumps({"sources": [dict(one, name="a"), dict(one, name="b", path="b.csv")], "fields": {"note": {"type": "text"}},
                                     "matching": {"rules": [{"when": ["email"], "then": "same"}], "thresholds": {"match": 6, "review": -20}}}))
    return b.apply().json()


def hostile_ids(b):
    report = _hostile_shop(b)
    b.must(report["records"]["new"] == 2 * len(IDS) - 2 * report["records"]["set_aside"], f"{report['records']}")
    found = {json.loads(x)["record_id"] for x in b.run("export", "crosswalk", "--format", "jsonl").out.splitlines()}
    lost = [x for x in IDS if x.strip() not in found and x not in found]
    b.must(not lost, f"ids that are not in the crosswalk: {lost} {sorted(found)}")
    for one in IDS:
        if one in found:
            b.must(b.run("lookup", "--json", f"a:{one}").json()["record_id"] == one, f"lookup of {one!r}")
            b.run("show", f"a:{one}")
            b.run("why", f"a:{one}", f"b:{one}", "--json")
            b.run("history", f"a:{one}")
    b.write("long.csv", _csv([["id", "given"]] + [["y" * (10 << 10), "Ann"], ["z", "Bob"]]))
    b.config({"given_name": "given"}, path="long.csv")
    b.must(b.apply("--db", "long.db").json()["records"]["rejected"] == 1, "an id of 10 KB")
    b.note("1 row, record id too long (export rejects)")
    return len(IDS)


def values_untouched(b):
    _hostile_shop(b)
    with open(b.folder / "a.csv", newline="", encoding="utf-8") as f:
        raw = {r[0].strip(): r for r in list(csv.reader(f))[1:]}
    seen = 0
    for line in b.run("export", "records", "--format", "jsonl").out.splitlines():
        one = json.loads(line)
        value = raw.get(one["record_id"].strip())
        if value:
            b.must((one["given_name"] or "").strip() == value[1].strip(), f"{one['given_name']!r} is not {value[1]!r}")
            seen += 1
    b.must(seen == 2 * len(IDS), f"{seen} records")
    table = list(csv.reader(io.StringIO(b.run("export", "records").out.decode(), newline="")))
    b.must(any(cell.startswith("=cmd") for row in table for cell in row), "an export without the option changed a value")
    return seen


def spreadsheet_safe(b):
    _hostile_shop(b)
    for what in ("crosswalk", "golden", "records", "rejects", "changes", "review", "aliases"):
        out = b.run("export", what, "--spreadsheet-safe").out.decode()
        for row in csv.reader(io.StringIO(out, newline="")):
            for cell in row:
                bad = cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell[:1] and not re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", cell)
                b.must(not bad, f"export {what}: the cell {cell!r}")
    return 2 * len(IDS)


def page_is_escaped(b):
    _hostile_shop(b)
    b.run("report", "--values", "-o", "r.html", status=None)
    if not (b.folder / "r.html").exists():
        b.run("report", "-o", "r.html")
    b.run("dossier", "a:" + IDS[-4], "--format", "html", "-o", "d.html")
    for name in ("r.html", "d.html"):
        page = b.read(name)
        for bad in (b"<script>alert", b"<img src=x", b"onload='x", b"<i>"):
            b.must(bad not in page, f"{name} holds {bad!r}")
        b.must(not CONTROL.search(page), f"{name} holds a control character")
    return 2 * len(IDS)


def _on_terminal(b, *words):
    """What idem writes on a terminal, both streams."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(b.folder)
        os.execve(b.idem, [b.idem, *words], dict(b.env, TERM="xterm"))
    text = b""
    while True:
        try:
            piece = os.read(master, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        text += piece
        if piece.endswith(b"quit? "):
            os.write(master, b"q\n")
    os.waitpid(pid, 0)
    os.close(master)
    return text.replace(b"\r\n", b"\n")


def terminal_is_safe(b):
    _hostile_shop(b)
    escape = IDS[9]
    commands = [["export", "records"], ["export", "golden"], ["export", "records", "--format", "jsonl"], ["export", "crosswalk"], ["review", "--list"], ["review"],
                ["search", "email=a9@example.org"], ["search", f"given_name={escape}"], ["annotate", "a.csv", "--source", "a"], ["report"], ["status"], ["runs"],
                ["profile", "a.csv"], ["check"], ["plan", "--full", "-q"], ["audit"], ["init", "a.csv", "-c", "n.json"], ["evaluate", "none.csv"], ["lookup", f"x:{escape}"]]
    for i, one in enumerate(IDS):
        commands += [["show", f"a:{one}"], ["why", f"a:{one}", f"b:{one}"]] if i in (0, 9, 11, 14, 21) else []
        commands += [["show", f"a:{one}", "--json"], ["dossier", f"a:{one}"], ["how", f"a:{one}"], ["history", f"a:{one}"]] if i in (9, 14, 21) else []
    for words in commands:
        text = OWN_STYLE.sub(b"", _on_terminal(b, *words))
        b.must(text, f"idem {words} wrote nothing")
        found = CONTROL.search(text)
        b.must(not found, f"idem {words} wrote {found and found.group()!r}: {text[max(0, found.start() - 80):found.end() + 40] if found else b''!r}")
    return 2 * len(IDS)


def unicode_names(b):
    marks = 10000 if b.big else 2000
    names = ["a" + "\u0301" * marks, "\u202eyelneD", "A\u200bn\u200dn\u2060a", "👩‍👩‍👧‍👦", "𝐀𝐧𝐧𝐚", "Ａｎｎａ", "ᴀɴɴᴀ", "\ufeffAnna", "Zoë", "Zoe\u0308", "ﷺ" * 1000, "İ" * 1000,
             "ß" * 1000, "ﬃ" * 1000, "\U000e0041Anna", "🇩🇪" * 500, "한" * 1000, "\u0600" * 500, "नि" * 500, "\u1160" * 500]
    b.write("a.csv", _csv([["id", "given", "full", "mail", "phone", "road"]] + [[i, n, f"{n} {n}", f"{n}@example.org", n, n] for i, n in enumerate(names)]))
    b.config({"given_name": "given", "full_name": "full", "email": "mail", "phone": "phone", "address": "road"})
    b.must(b.apply().json()["records"]["new"] == len(names), "records")
    for line, name in zip(b.run("export", "records", "--format", "jsonl").out.splitlines(), sorted(range(len(names)), key=str)):
        b.must(json.loads(line)["given_name"] in (names[name], names[name].lstrip("\ufeff")), f"record {name} came out differently")
    b.run("show", "a:0")
    return len(names)


def homoglyphs(b):
    """A Cyrillic letter in an address: another address. The records may meet, but not by an exact agreement."""
    b.write("a.csv", _csv([["id", "given", "mail"], ["1", "Anna", "anna@example.org"], ["2", "Anna", "аnna@example.org"], ["3", "Anna", "anna@examрle.org"],
                           ["4", "Anna", "ANNA@example.org"]]))
    b.config({"given_name": "given", "email": "mail"}, matching={"rules": [{"when": ["email"], "then": "same"}]})
    b.holds(b.run("check", "--json").out, "which look like others: 2; the first on line 3", "check")
    b.apply()
    for one, other, same in (("1", "4", True), ("1", "2", False), ("1", "3", False)):
        why = b.run("why", f"a:{one}", f"a:{other}", "--json").json()
        level = next(c["level"] for c in why["comparisons"] if c["name"] == "email")
        b.must((level == "exact") == same and bool(why["rules"]) == same, f"{one} and {other}: {level}, {why['rules']}")
    flags = b.run("normalize", "email", "аnna@example.org", "--json").out.decode()
    b.note("flags of such an address (normalize): " + str(json.loads(flags).get("flags")))
    return 4


def annotated_bytes(b):
    """The column cut off again gives back every byte."""
    b.write("a.csv", "id,given\n" + "".join(f"{i},Ann{i}\n" for i in range(50)))
    b.config({"given_name": "given"})
    b.apply()
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    texts = []
    for end in (b"\n", b"\r\n", b"\r"):
        for mark in (b"", b"\xef\xbb\xbf"):
            for last in (end, b""):
                rows = [b"id,given", b'1,"a ""quoted"" one"', b'2,"over' + (end if end != b"\r" else b" ") + b'lines"', b"3", b"4,x,y,z", b"", b"5,=1+1", b'6,"never closed', b"7,\xff\xfe",
                        b"8,\0", b"  9  , x ", b'"10",x', b"nobody,x"]
                texts.append(mark + end.join(rows) + last)
    for text in texts:
        b.write("in.csv", text)
        out = b.run("annotate", "in.csv", "--source", "a", "--column", "id", "--as", "zz_master", status=None)
        if out.status != 0:
            out = b.run("annotate", "in.csv", "--source", "a", "-q")
        cut = re.sub((r",+(?=(%s)?(?:\r|\n|$))" % uuid).encode(), lambda m: b"", re.sub((r",(%s|zz_master|master_id)(?=\r|\n|$)" % uuid).encode(), b"", out.out))
        want = re.sub(rb",+(?=\r|\n|$)", b"", text)
        b.must(cut == want, f"annotate changed bytes: {text!r} became {out.out!r}")
    return len(texts)


CASES = [hostile_ids, values_untouched, spreadsheet_safe, page_is_escaped, terminal_is_safe, unicode_names, homoglyphs, annotated_bytes]
