"""Damaged files are noticed and never used: checkpoints, database, journal, artefacts."""

import glob
import json
import os
import shutil
import sqlite3
import subprocess
import time

import damage
import stores

NAME = "R6"
TITLE = "damage is noticed, never used"
GOAL = 2400
SHARE = 9

# The values that must be those of the good store wherever a command says nothing is wrong.
READING = [["ls", "--json"], ["report", "--metric", "kl", "--json"], ["show", "--where", "base=gmm", "--json"], ["store", "digest"],
           ["status", "--json"], ["logs", "--where", "base=gmm", "--json"]]


def attempt(context, result):
    context.spec = context.write("spec.json", stores.SMALL)
    status, _, errors = context.run("sweep", context.spec, "--store", "good", "-j", "1", "-q", variables=stores.OFTEN)
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    context.expected = context.digest("good")
    # Everything is asked of a store of this one name, because answers contain its path.
    shutil.copytree(context.path("good"), context.path("tried"))
    context.answers = {tuple(command): answer(context, "tried", command)[1] for command in READING}
    stores.remove(context, "tried")
    _, help_text, _ = context.run("store", "--help")
    context.subcommands = [word for word in ("check", "repair") if f"\n  {word} " in help_text]
    counts = {"checkpoints": 0, "refused": 0, "marked": 0, "unharmed": 0, "repaired": 0, "unrepaired": 0, "called newer": 0}
    middle(context)
    in_process = checkpoints_in_process(context, result)
    turn = 0
    while context.wants_more(result):
        # A quarter of the trials are checkpoints; most of those are tried in process.
        if turn % 4 == 0:
            checkpoint(context, result, counts)
        else:
            database(context, result, counts)
        turn += 1
        result.trials += 1
    result.measured = (
        f"{in_process}{counts['checkpoints']} checkpoints of real runs; answers from damaged stores: {counts['refused']} refused, {counts['marked']} marked, "
        f"{counts['unharmed']} answered right")
    missing = [word for word in ("check", "repair") if word not in context.subcommands]
    if missing:
        result.measured += f"; no store {', '.join(missing)} in this program"
    else:
        result.measured += f"; repaired {counts['repaired']}, said it could not {counts['unrepaired']}, called newer {counts['called newer']}"


def checkpoints_in_process(context, result):
    """Most damaged checkpoints are tried by a Swift test, which needs no process for each; only where the tests are built."""
    if not glob.glob(".build/release/*.xctest"):
        return "tests not built, so no checkpoints in process; "
    trials = max(100, min(10000, round(25 * context.seconds)))
    # In memory where that is possible: what is tried is not the disk, and a flush for each would take most of the time.
    memory = {"TMPDIR": "/dev/shm"} if os.access("/dev/shm", os.W_OK) else {}
    finished = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--filter", "CheckpointDamageTests"], capture_output=True,
        check=False, env=context.environment(FLOWEXP_TEST_DAMAGE=trials, **memory), timeout=1800)
    if finished.returncode != 0:
        result.violated(f"damaged checkpoints in process: {finished.stdout.decode('utf-8', 'replace')[-1500:]}")
    return f"{trials} checkpoints in process; "


def answer(context, store, command):
    status, output, errors = context.run(*command, "--store", store, timeout=120)
    try:
        return status, hashed(json.loads(output)), errors
    except ValueError:
        return status, output.strip(), errors


def hashed(value):
    """An answer without its attempts: how often, when and where a run was worked on is for people and carries no hash."""
    if isinstance(value, dict):
        return {key: hashed(inner) for key, inner in value.items() if key != "attempts"}
    return [hashed(inner) for inner in value] if isinstance(value, list) else value


def middle(context):
    """A store whose two runs were killed with two checkpoints each, and none of whose runs is completed."""
    long = context.write("long.json", stores.SMALL.replace('"steps": 4', '"steps": 3000').replace('"small"', '"long"'))
    context.long = long
    status, _, errors = context.run("sweep", long, "--store", "long", "-j", "2", "-q")
    if status != 0:
        raise RuntimeError(f"sweep exits {status}: {errors}")
    context.long_expected = context.digest("long")
    for _ in range(200):
        stores.remove(context, "middle")
        process = context.start(
            "sweep", long, "--store", "middle", "-j", "2", "-q", variables={"FLOWEXP_CHECKPOINT_SECONDS": 0.01})
        time.sleep(context.random.uniform(0.05, 0.5))
        process.kill()
        process.communicate()
        found = checkpoints(context, "middle")
        # A run that was just published has rows left and no files any more.
        if len(found) == 4 and all(os.path.exists(path) for _, _, path in found):
            return
    raise RuntimeError("no store with two runs in the middle of training came about")


def checkpoints(context, store):
    """The checkpoints that the database names, as (run, number, path); what a kill left beside them does not count."""
    database = sqlite3.connect(context.path(f"{store}/flowexp.sqlite"))
    try:
        rows = database.execute("SELECT run_key, sequence, file FROM checkpoints ORDER BY 1, 2").fetchall()
    except sqlite3.OperationalError:
        rows = []
    database.close()
    return [(run, number, context.path(f"{store}/{file}")) for run, number, file in rows]


def checkpoint(context, result, counts):
    """One to four damaged checkpoints: each is noticed, said, and not used; the digest is that of an undisturbed sweep."""
    shutil.copytree(context.path("middle"), context.path("tried"))
    known = checkpoints(context, "tried")
    chosen = context.random.sample(known, context.random.choice([1, 1, 2, 3, 4]))
    what = ", ".join(
        f"checkpoint {number} of run {run}: {damage.file(context.random, path)}" for run, number, path in chosen)
    # Only the newest of a run is looked at while it is good.
    newest = {run: number for run, number, _ in known}
    looked_at = [run for run, number, _ in chosen if number == newest[run]]
    status, _, errors = context.run("sweep", context.long, "--store", "tried", "-j", "1")
    if status != 0:
        result.violated(f"{what}: the sweep exits {status}: {errors.strip()}")
    else:
        logs = "".join(
            context.run("logs", run["id"], "--store", "tried")[1] for run in stores.runs(context, "tried"))
        if logs.count("is not used") < len(looked_at):
            result.violated(f"{what}: {len(looked_at)} damaged ones were read, the logs say {logs.strip()!r}")
        found = context.digest("tried")
        if found != context.long_expected:
            result.violated(f"{what}: digest {found}, undisturbed {context.long_expected}")
    counts["checkpoints"] += len(chosen)
    stores.remove(context, "tried")


def database(context, result, counts):
    """A damaged database, journal or artefact: no crash, and no wrong answer given as right."""
    shutil.copytree(context.path("good"), context.path("tried"))
    what = damage.store(context.random, context.path("tried"))
    wrong = False
    for command in READING:
        status, found, errors = answer(context, "tried", command)
        said = f"{what}: {' '.join(command)}"
        bad = stores.failed_badly(status, errors)
        if bad:
            result.violated(f"{said} {bad}: {errors.strip()[-500:]}")
        elif status not in (0, 65, 66, 74, 75, 77):
            result.violated(f"{said} exits {status}: {errors.strip()[-500:]}")
        elif status != 0:
            wrong = True
            counts["refused"] += 1
        elif found == context.answers[tuple(command)] or command[0] == "logs":
            # Notes are for people and carry no hash: reading them must not crash, that is all.
            counts["unharmed"] += 1
        elif is_marked(context, command, found, errors):
            wrong = True
            counts["marked"] += 1
        else:
            wrong = True
            result.violated(f"{said} exits 0 with another answer: {difference(found, context.answers[tuple(command)])}")
    if "check" in context.subcommands:
        status, output, errors = context.run("store", "check", "--store", "tried")
        if status == 0 and wrong:
            result.violated(f"{what}: an answer is not the good one, and store check finds nothing: {output}{errors}")
        if stores.failed_badly(status, errors):
            result.violated(f"{what}: store check {stores.failed_badly(status, errors)}: {errors.strip()[-500:]}")
    if "repair" in context.subcommands:
        repair(context, result, counts, what)
    stores.remove(context, "tried")


def repair(context, result, counts, what):
    """Repairing and sweeping again gives the good digest; where it cannot, it says so."""
    status, output, errors = context.run("store", "repair", "--store", "tried")
    if stores.failed_badly(status, errors):
        return result.violated(f"{what}: store repair {stores.failed_badly(status, errors)}: {errors.strip()[-500:]}")
    if "Use the newer flowexp" in errors:
        # The version's own number was hit; docs/reliability.md says what to do then.
        counts["called newer"] += 1
        os.rename(context.path("tried/flowexp.sqlite"), context.path("tried/put-away.sqlite"))
        status, output, errors = context.run("store", "repair", "--store", "tried")
    status, _, errors = context.run("sweep", context.spec, "--store", "tried", "-q", "-j", "1")
    status_of_digest, found, _ = context.run("store", "digest", "--verify", "--store", "tried")
    if status == 0 and status_of_digest == 0 and found.strip() == context.expected:
        counts["repaired"] += 1
    elif status == 0 and status_of_digest == 0:
        result.violated(f"{what}: repaired and swept, the digest is {found.strip()}, not {context.expected}")
    else:
        counts["unrepaired"] += 1
        result.violated(f"{what}: after store repair the sweep exits {status}, digest {status_of_digest}: {errors.strip()[-400:]}")


def is_marked(context, command, found, errors):
    """Whether an answer that differs says itself which part is damaged, and the rest is right."""
    good = context.answers[tuple(command)]
    if not isinstance(found, dict):
        return False
    for key in ("runs", "rows"):
        if key in good:
            known = {json.dumps(row, sort_keys=True) for row in good[key]}
            rows = found.get(key, [])
            if len(rows) < len(good[key]) and "damaged" not in errors and "corrupt" not in errors:
                return False
            return all(
                json.dumps(row, sort_keys=True) in known or mentions_damage(row) or "damaged" in errors or "corrupt" in errors
                for row in rows)
    return mentions_damage(found) or "damaged" in errors or "corrupt" in errors


def mentions_damage(value):
    text = json.dumps(value)
    return "damaged" in text or "corrupt" in text


def difference(found, good):
    """The first place where two answers differ, in words."""
    if isinstance(found, dict) and isinstance(good, dict):
        for key in {**good, **found}:
            if found.get(key) != good.get(key):
                return f"{key}: {difference(found.get(key), good.get(key))}"
    if isinstance(found, list) and isinstance(good, list):
        for index, (one, other) in enumerate(zip(found, good)):
            if one != other:
                return f"[{index}] {difference(one, other)}"
        return f"{len(found)} entries, not {len(good)}"
    return f"{str(found)[:200]} instead of {str(good)[:200]}"
