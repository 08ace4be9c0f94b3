"""Records that are many of the same, very long, very wide, or nothing."""
from bench import told

HEADER = "id,given,family,born,zip,mail,phone\n"
FIELDS = {"given_name": "given", "family_name": "family", "birth_date": "born", "postcode": "zip", "email": "mail", "phone": "phone"}


def identical_records(b):
    n = 1000000 if b.big else 30000
    b.write("a.csv", [HEADER] + [f"{i},Anna,Schmidt,1980-02-29,10115,anna@example.org,+4930123456\n" for i in range(n)])
    b.config(FIELDS)
    report = b.apply().json()
    b.must(report["records"]["new"] == n, "records are missing")
    b.note(f"{told(report)} (apply, losses); {report['masters']['active']} masters")
    b.must(report["masters"]["active"] < n or report["losses"]["unkeyed_records"] == n, "records that were compared with nothing are not listed")
    b.run("verify", "--json")
    return n


def one_block(b):
    n = 100000 if b.big else 600
    b.write("a.csv", [HEADER] + [f"{i},G{i:x}n{i % 7},Schmidt,1980-02-29,10115,,\n" for i in range(n)])
    b.config(FIELDS)
    report = b.apply().json()
    b.must(report["records"]["new"] == n, "records are missing")
    b.note(f"{told(report)} (apply, losses); {report['masters']['active']} masters")
    b.config(FIELDS, matching={"blocking": [["family_name", "birth_date"]]})
    report = b.apply("--db", "other.db").json()
    b.must(report["pairs"]["candidates"] > 0, "a large block was not divided by its given names")
    b.note(f"with that block as the only rule: {report['pairs']['candidates']} pairs, lost {told(report)}")
    return n


def long_value(b):
    mb = 1 << 20
    sizes = [mb, mb + 1, 100 * mb if b.big else 17 * mb]
    b.write("a.csv", [HEADER] + [f"{i},{'x' * size},Long,1980-01-01,1,,\n" for i, size in enumerate(sizes)]
            + ["9,Ann,Short,1980-01-01,1,,\n"])
    b.config(FIELDS)
    report = b.apply().json()
    b.must(report["records"]["new"] == 2, f"{report['records']}")
    b.must(b.rejects() == {"cell too long": [3, 4]}, f"rejects: {b.rejects()}")
    b.run("show", "a:0")
    b.note("2 rows, cell too long (export rejects: lines 3, 4)")
    return len(sizes) + 1


def long_words(b):
    """Values of 1 MB in fields of every kind, compared with each other."""
    size = (1 << 20) - 10 if b.big else 1 << 16
    kinds = {"given_name": "é", "full_name": "ab ", "organisation": "x gmbh ", "email": "a@", "phone": "1 ", "address": "1 road, ",
             "birth_date": "1.", "national_id": "A1", "url": "a/", "description": "w ", "amount": "1", "city": "\u0301", "iban": "DE"}
    for n, (field, text) in enumerate(kinds.items()):
        value = (text * (size // len(text.encode()) + 1)).encode()[:size].decode(errors="ignore")
        b.write(f"{field}.csv", [f"id,v\n"] + [f"{i},\"{value}{i}\"\n" for i in range(6)])
        b.config({field: "v"}, path=f"{field}.csv")
        b.must(b.apply("--db", f"{n}.db", cpu=600).json()["records"]["new"] == 6, field)
    return 6 * len(kinds)


def many_columns(b):
    n = 10000 if b.big else 1000
    b.write("a.csv", [",".join(["id", "mail"] + [f"c{i}" for i in range(n - 2)]) + "\n"]
            + [f"{k},a{k}@example.org" + ",v" * (n - 2) + "\n" for k in range(2000 if b.big else 20)])
    b.config({"email": "mail"})
    b.must(b.apply().json()["records"]["rejected"] == 0, "rows were set aside")
    b.run("init", "a.csv", "-c", "new.json")
    b.run("profile", "a.csv")
    return 2000 if b.big else 20


def a_million_columns(b):
    n = 1000000 if b.big else 100000
    b.write("a.csv", ["id," + ",".join(f"c{i}" for i in range(n)) + "\n", "1" + ",v" * n + "\n"])
    b.config({"email": "c1"})
    told_of = b.apply(status=1).err
    b.holds(told_of, b"a.csv", "the error")
    b.run("init", "a.csv", "-c", "new.json", status=1)
    b.note("refused: " + told_of.decode().strip()[:150])
    return 1


def null_columns(b):
    n = 100000 if b.big else 500
    b.write("a.csv", [HEADER] + [f"{i},,,,,,\n" for i in range(n)])
    b.config(FIELDS)
    b.holds(b.apply(status=1).err, "nothing to compare", "columns without values")
    with open(b.folder / "a.csv", "a") as f:
        f.write("x,Ann,Lee,1980-01-01,1,a@example.org,+4930123456\n")
    report = b.apply().json()
    b.must(report["masters"]["active"] == n + 1, "records without values were joined")
    b.run("report", "-o", "r.html")
    b.note("refused where there is no value at all; one value is enough")
    return n + 1


def half_filled(b):
    """All-null but one row; whitespace and placeholder values."""
    b.write("a.csv", [HEADER] + [f"{i}, ,\t,N/A,-,none@none,0000000\n" for i in range(400)] + ["x,Ann,Lee,1980-01-01,1,a@example.org,+4930123456\n"])
    b.config(FIELDS)
    report = b.apply().json()
    b.must(report["masters"]["active"] > 300, f"placeholders joined records: {report['masters']}")
    b.note(f"{report['masters']['active']} masters")
    return 401


CASES = [identical_records, one_block, long_value, long_words, many_columns, a_million_columns, null_columns, half_filled]
