"""Stores of every shipped version open; newer ones and what is no store are refused, by name, and left as they are."""

import glob
import hashlib
import os
import shutil
import sqlite3

import stores

NAME = "R12"
TITLE = "an old store opens, a newer one is refused"
GOAL = 41
SHARE = 0.3

FIXTURES = "Tests/Fixtures/RunStorage/version-*.sqlite"
READING = [
    ["status"], ["status", "--json"], ["ls"], ["ls", "--json"], ["report", "--metric", "mmd"], ["report", "--metric", "mmd", "--json"],
    ["show", "--where", "seed=0"], ["logs", "--where", "seed=0"], ["store", "digest"], ["store", "digest", "--verify"],
    ["sample", "--where", "seed=0"], ["export", "--where", "seed=0", "--output", "out"], ["logprob", "--where", "seed=0", "points.csv"],
]
WRITING = [["resume"], ["evaluate"], ["sweep", "spec.json"]]


def attempt(context, result):
    context.write("spec.json", stores.SMALL)
    context.write("points.csv", "0,0\n")
    fixtures = sorted(glob.glob(FIXTURES))
    if not fixtures:
        return result.violated(f"there are no fixtures at {FIXTURES}")
    for number, fixture in enumerate(fixtures):
        old_version(context, result, fixture, f"old-{number}")
    newest = max(version(fixture) for fixture in fixtures)
    for command in [*READING, *WRITING]:
        newer_version(context, result, fixtures[-1], newest, command)
    for kind in ("a text file", "an empty directory", "another program's database", "an SQLite file of zero tables"):
        for command in [["ls"], ["status"], ["store", "digest"], *WRITING]:
            foreign(context, result, kind, command)
    result.measured = f"versions {', '.join(str(version(fixture)) for fixture in fixtures)}"


def version(path):
    database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        return database.execute("PRAGMA user_version").fetchone()[0]
    finally:
        database.close()


def place(context, store, fixture):
    os.makedirs(context.path(store))
    shutil.copy(fixture, context.path(f"{store}/flowexp.sqlite"))


def old_version(context, result, fixture, store):
    """The next writing command migrates it, after a backup if it is older; its results stay what they were."""
    place(context, store, fixture)
    known = version(fixture)
    results = "SELECT run, metric, version, value FROM results ORDER BY 1, 2, 3"
    before = rows(context.path(f"{store}/flowexp.sqlite"), results)
    status, _, errors = context.run("sweep", "spec.json", "--store", store, "-q", "-j", "1")
    if status != 0:
        result.violated(f"version {known}: a sweep exits {status}: {errors.strip()}")
    after = rows(context.path(f"{store}/flowexp.sqlite"), results)
    if not before or not set(before) <= set(after):
        result.violated(f"version {known}: {len(set(before) - set(after))} of {len(before)} results are gone")
    for command in (["ls"], ["store", "digest"], ["report", "--metric", "energy"]):
        status, _, errors = context.run(*command, "--store", store)
        if status != 0:
            result.violated(f"version {known}: {' '.join(command)} exits {status}: {errors.strip()}")
    migrated = version(context.path(f"{store}/flowexp.sqlite"))
    backups = stores.names(context.path(f"{store}/backups"))
    if migrated > known and not any(f"version-{known}-" in name for name in backups):
        result.violated(f"version {known} was migrated to {migrated} without a backup: {backups}")
    result.trials += 1


def rows(path, query):
    database = sqlite3.connect(path)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def newer_version(context, result, fixture, newest, command):
    store = f"newer-{result.trials}"
    place(context, store, fixture)
    database = sqlite3.connect(context.path(f"{store}/flowexp.sqlite"))
    database.execute(f"PRAGMA user_version = {newest + 41}")
    database.execute("CREATE TABLE of_a_later_version (column_of_it TEXT)")
    database.close()
    refused(context, result, store, command, 65, str(newest + 41), f"a store of version {newest + 41}")


def foreign(context, result, kind, command):
    store = f"foreign-{result.trials}"
    os.makedirs(context.path(store))
    path = context.path(f"{store}/flowexp.sqlite")
    if kind == "a text file":
        with open(path, "w", encoding="utf-8") as file:
            file.write("my notes\n" * 200)
    elif kind == "an empty directory":
        os.makedirs(path)
    else:
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE notes (text TEXT)")
        if kind.startswith("another"):
            database.execute("PRAGMA application_id = 77")
        else:
            database.execute("DROP TABLE notes")
            database.execute("PRAGMA application_id = 77")
        database.close()
    refused(context, result, store, command, (65, 74, 77), None, kind)


def refused(context, result, store, command, expected, word, kind):
    """The command ends with the status and leaves the database as it was."""
    path = context.path(f"{store}/flowexp.sqlite")
    before = digest(path)
    status, _, errors = context.run(*command, "--store", store)
    allowed = expected if isinstance(expected, tuple) else (expected,)
    said = f"{kind}: {' '.join(command)}"
    if status not in allowed:
        result.violated(f"{said} exits {status}, not {' or '.join(map(str, allowed))}: {errors.strip()}")
    if word and word not in errors:
        result.violated(f"{said} does not name {word}: {errors.strip()}")
    if stores.failed_badly(status, errors):
        result.violated(f"{said} {stores.failed_badly(status, errors)}: {errors.strip()}")
    if digest(path) != before:
        result.violated(f"{said} changed the database")
    stores.remove(context, store)
    result.trials += 1


def digest(path):
    if os.path.isdir(path):
        return "a directory"
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
