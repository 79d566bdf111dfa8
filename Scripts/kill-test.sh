#!/usr/bin/env bash
# Tries the promise that SIGKILL loses nothing and doubles nothing: a 40-run sweep is killed at random moments, the same
# command is given again each time, and the store's digest must equal that of an uninterrupted sweep with one worker.
# Only kills that ended a sweep with work left count; when fewer than asked for did, the test fails.
# Usage: Scripts/kill-test.sh [KILLS]   (default 20)
set -euo pipefail
cd "$(dirname "$0")/.."
flowexp=$PWD/.build/release/flowexp
kills=${1:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Often enough that kills hit runs which have checkpoints from the middle of training.
export FLOWEXP_CHECKPOINT_SECONDS=0.1

cat > "$work/spec.json" <<'SPEC'
{
  "name": "kill_test",
  "training": {"draws": 20000, "steps": 600, "batch": 256, "historyInterval": 20},
  "evaluation": {"samples": 5000, "kernelSamples": 1000, "transportSamples": 200, "slicedSamples": 1000},
  "sweep": {
    "task": ["two-moons", "quadratic-2d"],
    "base": ["gaussian", {"name": "gmm", "components": "match"}],
    "flow.couplingLayers": [2, 4],
    "seeds": 5,
  },
}
SPEC

# How many runs are in a state, from the JSON list.
count() { { "$flowexp" ls --json --where "state=$1" --store "$work/killed" 2>/dev/null || true; } | { grep -o '"state": *"' || true; } | wc -l; }

start=$(date +%s.%N)
"$flowexp" sweep "$work/spec.json" --store "$work/straight" -j 1 -q
seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')
hit=0
rounds=0
mid=0
while [ "$hit" -lt "$kills" ]; do
    rounds=$((rounds + 1))
    "$flowexp" sweep "$work/spec.json" --store "$work/killed" -j 2 -q &
    process=$!
    # Between 0.02 s and, on average over all kills together, a quarter of what the whole sweep takes with one worker.
    sleep "$(awk -v r=$RANDOM -v s="$seconds" -v k="$kills" 'BEGIN { printf "%.3f", 0.02 + r / 32768 * s / (2 * k) }')"
    kill -KILL "$process" 2>/dev/null || true
    status=0
    wait "$process" 2>/dev/null || status=$?
    # 137: killed. Anything else ended before the signal came, and then the sweep is done.
    [ "$status" -eq 137 ] || break
    [ "$(count completed)" -lt 40 ] || break
    hit=$((hit + 1))
    [ "$(count interrupted)" -eq 0 ] || mid=$((mid + 1))
done
"$flowexp" sweep "$work/spec.json" --store "$work/killed" -q

straight=$("$flowexp" store digest --verify --store "$work/straight")
killed=$("$flowexp" store digest --verify --store "$work/killed")
echo "$hit kills with work left in $rounds starts of a 40-run sweep; $mid of them left interrupted runs"
echo "uninterrupted, -j 1: $straight"
echo "killed:              $killed"
[ "$straight" = "$killed" ] || { echo "the digests differ" >&2; exit 1; }
[ "$hit" -ge "$kills" ] || { echo "only $hit of $kills kills hit a sweep with work left" >&2; exit 1; }
