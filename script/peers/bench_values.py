"""Distinct values of the generated files, a file a type, for the micro-benchmarks.

    bench_values.py FOLDER TO
"""

import csv
import json
import sys

folder, to = sys.argv[1], sys.argv[2]
values = {}


def add(kind, value):
    value = (value or "").strip()
    if value and "\n" not in value:
        values.setdefault(kind, {})[value] = True


MAPPED = {
    "crm.csv": (",", dict(given_name="first", family_name="last", birth_date="dob", email="email", phone="phone", address="street", city="town", postcode="zip")),
    "billing.csv": (";", dict(full_name="name", birth_date="geburtsdatum", email="mail", phone="telefon", address="strasse", city="ort", postcode="plz")),
}
for name, (delimiter, columns) in MAPPED.items():
    for row in csv.DictReader(open(f"{folder}/{name}", errors="replace", newline=""), delimiter=delimiter):
        for kind, column in columns.items():
            add(kind, row.get(column))
for line in open(f"{folder}/support.jsonl", errors="replace"):
    try:
        user = json.loads(line)["user"]
    except (ValueError, KeyError, TypeError):
        continue
    add("full_name", user.get("name"))
    add("email", user.get("email"))
for kind, distinct in values.items():
    with open(f"{to}/{kind}", "w") as out:
        out.writelines(value + "\n" for value in list(distinct)[:100000])
