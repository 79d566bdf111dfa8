#!/usr/bin/env bash
# Makes sure that what the build needs beside Swift is there: SQLite's header and library (GRDB links the system's).
# As root it installs what is missing and says so; otherwise it prints the one command and stops.
set -euo pipefail

if ! command -v swift >/dev/null; then
    echo "flowexp needs Swift 6.2 or later: https://www.swift.org/install" >&2
    exit 1
fi

# macOS brings SQLite with its SDK.
[ "$(uname -s)" = Linux ] || exit 0

has_sqlite() {
    printf '#include <sqlite3.h>\nint main(void) { return sqlite3_libversion_number() == 0; }\n' \
        | "${CC:-clang}" -x c - -lsqlite3 -o /dev/null 2>/dev/null
}

has_sqlite && exit 0

if ! command -v apt-get >/dev/null; then
    echo "flowexp needs SQLite's development files (sqlite3.h and libsqlite3); install them with your package manager." >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "flowexp needs SQLite's development files. Install them, then run the same command again:" >&2
    echo "    sudo apt-get update && sudo apt-get install -y libsqlite3-dev" >&2
    exit 1
fi
echo "Installing libsqlite3-dev (SQLite's header and library), which the build needs." >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >&2
apt-get install -y -q --no-install-recommends libsqlite3-dev >&2
has_sqlite || { echo "libsqlite3-dev is installed, but sqlite3.h still does not compile; see the messages above." >&2; exit 1; }
