"""A kill at every durable operation and at system calls; the order of flushes that a power loss would need.

Power loss itself is argued, not tried: the order of system calls is read from a log.
"""

import durability
import stores

NAME = "R2"
TITLE = "a kill at any instant, by durable operation and by system call"
GOAL = 1200
SHARE = 3.5

KILLED_CALLS = ["write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "openat", "fcntl", "mkdir", "close", "pread64"]


def attempt(context, result):
    spec = context.write("spec.json", stores.SMALL)
    status, _, errors = context.run("sweep", spec, "--store", "straight", "-j", "1", "-q")
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    status, _, errors = context.run("evaluate", "--metric", "tv", "--store", "straight", "-q")
    if status != 0:
        return result.violated(f"an undisturbed evaluate exits {status}: {errors}")
    context.expected = context.digest("straight")
    notes = []
    traced = stores.has_strace()
    if traced:
        notes.append(flushes(context, result, spec))
    else:
        result.skipped = "no strace: neither system calls nor the order of flushes"
    for workers in (1, 2):
        notes.append(every_operation(context, result, spec, workers))
    if traced:
        notes.append(system_calls(context, result, spec))
    result.measured = "; ".join(notes)


def mended(context, result, spec, store, what):
    """The same commands again, undisturbed, give the digest and leave nothing behind."""
    for command in (["sweep", spec, "-j", "1"], ["evaluate", "--metric", "tv"]):
        status, _, errors = context.run(*command, "--store", store, "-q")
        if status != 0:
            result.violated(f"{what}: afterwards {command[0]} exits {status}: {errors.strip()}")
    found = context.digest(store)
    if found != context.expected:
        result.violated(f"{what}: digest {found}, undisturbed {context.expected}")
    for sentence in stores.disorder(context, store, reading=False):
        result.violated(f"{what}: {sentence}")
    stores.remove(context, store)


def every_operation(context, result, spec, workers):
    """FLOWEXP_CRASH_AT = 1, 2, 3, … until a sweep and an evaluation survive."""
    operation = 0
    while context.wants_more(result):
        operation += 1
        store = f"at-{workers}-{operation}"
        variables = {**stores.OFTEN, "FLOWEXP_CRASH_AT": operation}
        survived = True
        for command in (["sweep", spec, "-j", workers], ["evaluate", "--metric", "tv", "-j", workers]):
            status, _, errors = context.run(*command, "--store", store, "-q", variables=variables)
            survived = survived and status == 0
            # After a sweep that was killed at once there is no store, or no completed run, to evaluate.
            if status not in (0, 66, *stores.SIGNALLED):
                result.violated(f"operation {operation}: {command[0]} exits {status}: {errors.strip()}")
        mended(context, result, spec, store, f"killed at operation {operation} of {workers} workers")
        if survived:
            return f"all {operation - 1} operations with {workers} worker{'s' if workers > 1 else ''}"
        result.trials += 1
    return f"operations 1 to {operation} with {workers} workers"


def system_calls(context, result, spec):
    """SIGKILL on the way into the N-th call of a kind, counted per thread by strace."""
    root = context.path("logged")
    context.run("sweep", spec, "--store", "logged", "-j", "1", "-q", variables=stores.OFTEN,
                prefix=["strace", "-f", "-y", "-o", context.path("log")])
    points = stores.injection_points(context.path("log"), root)
    choices = [(name, points[name]) for name in KILLED_CALLS if points.get(name)]
    kills = 0
    while context.wants_more(result):
        name, numbers = choices[kills % len(choices)]
        number = context.random.choice(numbers)
        store = f"call-{kills}"
        status, _, errors = context.run(
            "sweep", spec, "--store", store, "-j", "1", "-q", variables=stores.OFTEN,
            prefix=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={name}:signal=SIGKILL:when={number}"])
        if status not in (0, *stores.SIGNALLED):
            result.violated(f"{name} {number}: the sweep exits {status}: {errors.strip()}")
        mended(context, result, spec, store, f"killed at {name} number {number}")
        kills += 1
        result.trials += 1
    return f"{kills} system calls of {len(choices)} kinds"


def flushes(context, result, spec):
    """The order of flushes in a whole sweep; and that the reader of the log would notice a missing one."""
    log = context.path("flushes")
    status, _, errors = context.run(
        "sweep", spec, "--store", "flushed", "-j", "2", "-q", variables=stores.OFTEN,
        prefix=["strace", "-f", "-y", "-s", "100000", "-e", f"trace={durability.TRACED}", "-o", log])
    if status != 0:
        result.violated(f"a traced sweep exits {status}: {errors.strip()}")
    root = context.path("flushed")
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.readlines()
    found, files, commits = durability.findings(lines, root)
    result.trials += 1
    for sentence in found[:5]:
        result.violated(sentence)
    if files < 10 or commits < 10:
        result.violated(f"the log has only {files} files and {commits} transactions")
    blind = 0
    needed = needed_flushes(lines, root)
    chosen = context.random.sample(needed, min(20, len(needed)))
    for index in chosen:
        if not durability.findings(lines[:index] + lines[index + 1:], root)[0]:
            blind += 1
            result.violated(f"a log without this flush passes: {lines[index].strip()[:160]}")
    return (f"flushes in order for {files} files and {commits} transactions"
            f" ({len(chosen) - blind} of {len(chosen)} logs with one missing noticed)")


def needed_flushes(lines, root):
    """Lines that flush a file, the database, or a journal for the last time before pages are written (SQLite flushes it
    twice, before and after it writes the number of its pages). Those of directories that were durable are not needed."""
    needed = []
    flushes = [index for index, line in enumerate(lines) if "sync(" in line and line.rstrip().endswith("= 0")]
    for index, following in zip(flushes, [*flushes[1:], len(lines) - 1]):
        line = lines[index]
        if f"<{root}/flowexp.sqlite-journal>" in line and f"<{root}/flowexp.sqlite>" not in lines[following]:
            continue
        if f"<{root}/tmp/" in line or f"<{root}/flowexp.sqlite" in line or "/published-" in line:
            needed.append(index)
    return needed
