"""Prints what script/bench measured: reports, floors and peers in the current folder.

    bench_report.py RECORDS RUNS
"""

import glob
import json
import statistics
import sys

records, runs = int(sys.argv[1]), int(sys.argv[2])


def load(kind):
    return [json.load(open(f"{kind}{i}.json")) for i in range(runs) if glob.glob(f"{kind}{i}.json")]


def median(values):
    return statistics.median(list(values))


reports, floors, same, peers = load("report"), load("floors"), load("same"), load("peer")
size = median(int(open(f"size{i}").read()) for i in range(runs))
print(f"\n{records:,} records, median of {runs} runs (all: {', '.join(str(round(r['seconds'], 2)) for r in reports)} s)")
print(f"  whole apply      {median(r['seconds'] for r in reports):9.2f} s   {median(r['memory'] for r in reports) / 1e6:.0f} MB   database {size / 1e6:.0f} MB")
for stage in reports[0]["stages"]:
    print(f"  {stage:16} {median(r['stages'][stage] for r in reports):9.3f} s")
pairs, score = reports[0]["pairs"]["scored"], median(r["stages"]["score"] for r in reports)
print(f"  pairs scored     {pairs:,}, {score / max(pairs, 1) * 1e9:.0f} ns a pair")
print(f"  floors           wc -l {median(f['wc'] for f in floors):.3f} s, a million narrow rows {median(f['narrow_rows'] for f in floors):.3f} s,"
      f" fsync of the database's bytes {median(f['fsync'] for f in floors):.3f} s")
for i, (own, peer) in enumerate(zip(same, peers)):
    steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in peer["steps"].items())
    print(f"  run {i + 1}, same rules: idem {own['seconds']:.2f} s, {own['memory'] / 1e6:.0f} MB, {own['pairs']['candidates']:,} pairs;"
          f" {peer['peer']} {peer['seconds']:.2f} s ({steps}), {peer['memory'] / 1e6:.0f} MB, {peer['pairs']:,} pairs;"
          f" 1/{peer['seconds'] / own['seconds']:.1f} of its time, 1/{peer['memory'] / own['memory']:.1f} of its memory")
