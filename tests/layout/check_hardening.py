"""check_hardening.py PROGRAM: is the program built with what its hardened flags promise?

Each missing protection is a line and makes the exit status 1; without a program to look at it is 77 (skipped).
Read from the file itself with readelf, so it holds whatever the compiler was told.
"""
import os
import re
import subprocess
import sys

ENDBR64, FEW = b"\xf3\x0f\x1e\xfa", 20  # the start files have some


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options], check=True, capture_output=True, text=True,
                          env={"LC_ALL": "C", "PATH": os.environ["PATH"]}).stdout


def main(program):
    if not os.path.exists(program):
        print(f"{program}: not built")
        return 77
    header, segments = readelf("-h", program), readelf("-l", program)
    dynamic = readelf("-d", program)
    symbols = set(re.findall(r"UND (\w+)@", readelf("--dyn-syms", program)))
    stack = re.search(r"GNU_STACK +(?:0x[0-9a-f]+ +){5}([RWE ]+?) +0x", segments)
    writable_code = [line for line in segments.splitlines() if re.search(r"LOAD .* RWE ", line)]
    checks = [
        ("position independent (-pie)", re.search(r"Type: +DYN", header) and "PIE" in dynamic),
        ("relocations read-only (-z relro)", "GNU_RELRO" in segments),
        ("symbols bound at start (-z now)", "BIND_NOW" in dynamic or re.search(r"FLAGS_1.*\bNOW\b", dynamic)),
        ("no code on the stack (-z noexecstack)", stack and "E" not in stack.group(1)),
        ("no segment both writable and executable", not writable_code),
        ("no relocations in code (DT_TEXTREL)", "TEXTREL" not in dynamic),
        ("no library path of its own (RPATH, RUNPATH)", not re.search(r"R(UN)?PATH", dynamic)),
        ("stack protector (-fstack-protector-strong)", "__stack_chk_fail" in symbols),
        ("checked copies (_FORTIFY_SOURCE)", any(s.endswith("_chk") for s in symbols)),
    ]
    if "X86-64" in header:
        # The note that switches it on is the linker's, and only when the C library's start files have it: Debian 12's do not.
        marks = open(program, "rb").read().count(ENDBR64)
        checks.append(("targets of indirect calls marked (-fcf-protection)", marks > FEW))
    missing = [name for name, holds in checks if not holds]
    for name in missing:
        print(f"{program}: missing: {name}")
    print(f"{len(checks) - len(missing)} of {len(checks)} protections")
    return 1 if missing else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check_hardening.py PROGRAM")
    sys.exit(main(sys.argv[1]))
