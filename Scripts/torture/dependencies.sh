#!/usr/bin/env bash
# What `make torture` needs beside the program: Python 3, strace, faketime. As root on Debian it installs what is missing
# and says so; otherwise it prints the one command and stops.
set -euo pipefail
[ "$(uname -s)" = Linux ] || { echo "make torture needs Linux (strace, open-file-description locks)." >&2; exit 1; }
missing=()
for tool in python3 strace faketime; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "make torture needs ${missing[*]}. Install them, then run the same command again:" >&2
    echo "    sudo apt-get update && sudo apt-get install -y ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${missing[*]}, which make torture needs." >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2
apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
