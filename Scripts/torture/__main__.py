"""Tries the promises of docs/reliability.md on the built program, and prints what was tried and what was violated.

    python3 Scripts/torture [--minutes N] [--only R1,R7] [--seed S] [--goal-scale X]

Each file of promises/ is one promise. A promise's loop ends when its goal count is reached, counts of earlier runs of the same
program text included (.build/torture-ledger.json), or its share of the minutes is used up; what it leaves goes to those after it.
Exit status: 0 no violation; 1 a violation, or a promise that was neither tried nor skipped with a reason.
"""

import argparse
import sys
import tempfile
import time

import harness
from promises import ALL


def main():
    parser = argparse.ArgumentParser(prog="torture", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="time for all promises together (60)")
    parser.add_argument("--only", default="", help="promises to try, for example R1,R7 (all)")
    parser.add_argument("--seed", type=int, default=None, help="of everything random; printed, random without it")
    parser.add_argument("--goal-scale", type=float, default=1.0, help="multiplies the goal counts, for a quick look")
    parser.add_argument("--program", default=".build/release/flowexp")
    options = parser.parse_args()

    wanted = [name.strip().upper() for name in options.only.split(",") if name.strip()]
    known = [promise.NAME for promise in ALL]
    for name in wanted:
        if name not in known:
            parser.error(f"no promise {name}; there are {', '.join(known)}")
    promises = [promise for promise in ALL if not wanted or promise.NAME in wanted]

    seed = options.seed if options.seed is not None else harness.fresh_seed()
    print(f"seed {seed}, {options.minutes:g} minutes, {options.program}", flush=True)
    earlier = harness.Ledger(options.program)
    end = time.monotonic() + 60 * options.minutes
    results = []
    with tempfile.TemporaryDirectory(prefix="flowexp-torture-") as directory:
        for place, promise in enumerate(promises):
            weights = sum(other.SHARE for other in promises[place:])
            context = harness.Context(
                program=options.program, directory=f"{directory}/{promise.NAME}", seed=f"{seed}/{promise.NAME}",
                seconds=max(1, end - time.monotonic()) * promise.SHARE / weights,
                goal=max(1, round(promise.GOAL * options.goal_scale) - earlier.total(promise.NAME)))
            results.append((promise, harness.attempt(promise, context)))
            # At once: a run that is cut short keeps what it counted.
            harness.Ledger(options.program).add(results[-1:])
            print(f"  {results[-1][1].trials} trials, {len(results[-1][1].violations)} violations, {results[-1][1].seconds:.0f} s", flush=True)
    print(harness.table(results, harness.Ledger(options.program)))
    sys.exit(1 if any(result.violations or not (result.trials or result.skipped) for _, result in results) else 0)


main()
