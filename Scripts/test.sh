#!/usr/bin/env bash
# Builds and runs every test in the release configuration (the one that `make demo` builds, so that nothing is compiled
# twice) and fails when a test fails or when none ran: a filter or a build that matches nothing must not look green.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The program first: the command tests run it.
swift build -c release --product flowexp
swift build -c release --build-tests
status=0
swift test -c release --skip-build "$@" 2>&1 | tee "$log" || status=$?
if [ "$status" -ne 0 ]; then
    # Again at the end, where whoever sees only the last lines finds them.
    grep -F "✘" "$log" | grep -v "^✘ Suite" >&2 || true
    echo "tests failed (exit $status)" >&2
    exit "$status"
fi

# Swift Testing's last line: "Test run with 123 tests in 45 suites passed after 6.7 seconds."
count=$(sed -n 's/.*Test run with \([0-9][0-9]*\) tests\{0,1\}.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
if [ "$count" -eq 0 ]; then
    echo "no tests ran" >&2
    exit 1
fi
echo "$count tests passed"
