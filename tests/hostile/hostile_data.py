"""Data that is meant to break: each case runs idem as a user would, within limits, and looks at what is told.

usage: hostile_data.py IDEM [--big] [--of records|files|shown] [--only PART]

Without --big every case is small enough for the test machine under the sanitizers; with it the sizes are those of
docs/reliability.md, and a table is printed.
"""
import argparse
import sys
import time

import cases_files
import cases_records
import cases_shown
from bench import Bench, Failed

CASES = {"records": cases_records.CASES, "files": cases_files.CASES, "shown": cases_shown.CASES}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("idem")
    p.add_argument("--big", action="store_true")
    p.add_argument("--of", choices=CASES)
    p.add_argument("--only", default="", help="cases whose name holds this")
    args = p.parse_args()
    failed = 0
    print(f"{'case':<34} {'records':>9} {'seconds':>8} {'MB':>6}  what was lost, and where that is told")
    for case in [c for of in CASES if args.of in (None, of) for c in CASES[of]]:
        name = case.__name__
        if args.only not in name:
            continue
        bench = Bench(args.idem, args.big, 1800 if args.big else 120)
        try:
            records = case(bench)
            text = "; ".join(bench.notes) or "nothing"
        except (Failed, KeyError, ValueError) as e:
            failed += 1
            records, text = 0, f"FAILED: {type(e).__name__}: {e}"
        print(f"{name:<34} {records or 0:>9} {bench.seconds:>8.1f} {bench.mb:>6}  {text}", flush=True)
        bench.close()
    print(f"{failed} failed, {time.strftime('%Y-%m-%d')}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
