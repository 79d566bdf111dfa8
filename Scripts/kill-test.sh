#!/usr/bin/env bash
# Tries the promise that SIGKILL loses nothing and doubles nothing: a 40-run sweep is killed at random moments, the same
# command is given again each time, and the store's digest must equal that of an uninterrupted sweep with one worker.
# Usage: Scripts/kill-test.sh [KILLS]   (default 20)
set -euo pipefail
cd "$(dirname "$0")/.."
flowexp=$PWD/.build/release/flowexp
kills=${1:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat > "$work/spec.json" <<'SPEC'
{
  "name": "kill_test",
  "training": {"draws": 20000, "steps": 400, "batch": 256, "historyInterval": 50},
  "evaluation": {"samples": 5000, "kernelSamples": 1000, "transportSamples": 200, "slicedSamples": 1000},
  "sweep": {
    "task": ["two-moons", "quadratic-2d"],
    "base": ["gaussian", {"name": "gmm", "components": "match"}],
    "flow.couplingLayers": [2, 4],
    "seeds": 5,
  },
}
SPEC

"$flowexp" sweep "$work/spec.json" --store "$work/straight" -j 1 -q
done_kills=0
rounds=0
while true; do
    rounds=$((rounds + 1))
    "$flowexp" sweep "$work/spec.json" --store "$work/killed" -q &
    process=$!
    if [ "$done_kills" -lt "$kills" ]; then
        # 0.05 to 1.55 seconds.
        sleep "$(awk -v r=$RANDOM 'BEGIN { printf "%.2f", 0.05 + r % 1500 / 1000 }')"
        if kill -KILL "$process" 2>/dev/null; then done_kills=$((done_kills + 1)); fi
        wait "$process" 2>/dev/null || true
    else
        wait "$process"
        break
    fi
done

straight=$("$flowexp" store digest --verify --store "$work/straight")
killed=$("$flowexp" store digest --verify --store "$work/killed")
echo "$done_kills kills in $rounds starts of a 40-run sweep"
echo "uninterrupted, -j 1: $straight"
echo "killed:              $killed"
[ "$straight" = "$killed" ] || { echo "the digests differ" >&2; exit 1; }
