#!/bin/sh
# systemd finds nothing wrong with the unit, with the program where it is now.
#   verify_unit.sh UNIT IDEM
set -e
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s|^ExecStart=[^ ]*|ExecStart=$2|" "$1" >"$work/idem.service"
told=$(systemd-analyze verify --man=no "$work/idem.service" 2>&1 | grep -F "idem.service" || true)
[ -z "$told" ] || { echo "$told" >&2; exit 1; }
