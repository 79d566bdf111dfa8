"""Parts of R5 that need no strace: outputs that end, stores that cannot be written, limits on the size of files."""

import os
import resource
import signal
import subprocess
import sqlite3

import stores

PRINTING = [
    ["ls"], ["ls", "--json"], ["status", "--json"], ["report", "--metric", "energy"], ["report", "--metric", "energy", "--json"],
    ["report", "--metric", "energy", "--format", "csv"], ["show", "--where", "base=gmm"], ["show", "--where", "base=gmm", "--json"],
    ["logs", "--where", "base=gmm", "--json"], ["store", "digest"], ["list", "tasks"], ["list", "tasks", "--json"],
    ["describe", "ring"], ["validate", "spec.json", "--json"], ["validate", "spec.json", "--resolved"], ["--version"],
    ["sample", "--where", "base=gmm", "--count", "200000"], ["logprob", "--where", "base=gmm", "points.csv"],
    ["metric", "energy", "points.csv", "points.csv", "--json"],
]
UNPRIVILEGED = 65534


def outputs(context, result):
    """/dev/full for standard output: 74. A reader that goes away: 0, quietly."""
    context.write("points.csv", "".join(f"{index / 100},{index / 50}\n" for index in range(300)))
    for command in PRINTING:
        arguments = [*command, *([] if command[0] in ("list", "describe", "validate", "--version", "metric") else ["--store", "straight"])]
        said = " ".join(command)
        with open("/dev/full", "wb") as full:
            status, _, errors = context.run(*arguments, stdout=full)
        if status != 74 or stores.failed_badly(status, errors) or not errors.strip():
            result.violated(f"{said} > /dev/full exits {status}: {errors.strip()}")
        reading, writing = os.pipe()
        process = context.start(*arguments, stdout=writing)
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)
        _, errors = process.communicate(timeout=120)
        # Talk is on standard error all the same; a complaint is not.
        if process.returncode != 0 or b"flowexp: " in errors:
            result.violated(f"{said} | head exits {process.returncode}: {errors.decode('utf-8', 'replace').strip()}")
        # Nobody to talk to is no reason to fail.
        with open("/dev/full", "wb") as full:
            status, _, _ = context.run(*arguments, stderr=full, stdout=subprocess.DEVNULL)
        if status != 0:
            result.violated(f"{said} 2> /dev/full exits {status}")
        result.trials += 3
    status, _, errors = context.run("sweep", "spec.json", "--store", "deaf", "-j", "1", stdout=open("/dev/full", "wb"),
                                    stderr=open("/dev/full", "wb"))
    if status != 0 or context.digest("deaf") != context.expected:
        result.violated(f"a sweep that can say nothing exits {status}")
    stores.remove(context, "deaf")
    no_proc(context, result)
    return f"{len(PRINTING)} printing commands"


def no_proc(context, result):
    """Without /proc a command is still the one that was given: it answers, or says what is missing, and prints no help."""
    answer = context.run("ls", "--store", "straight")[1]
    finished = subprocess.run(
        ["unshare", "-m", "sh", "-c", 'mount --make-rprivate / && mount -t tmpfs none /proc && exec "$0" ls --store straight',
         context.program], cwd=context.directory, capture_output=True, check=False)
    errors = finished.stderr.decode("utf-8", "replace")
    if "Operation not permitted" in errors or "mount:" in errors:
        result.skipped += " no right to mount: nothing was tried without /proc."
    elif finished.returncode == 0 and finished.stdout.decode("utf-8", "replace") == answer:
        pass
    elif finished.returncode != 74 or "flowexp: " not in errors:
        result.violated(f"without /proc: exit {finished.returncode}: {errors.strip()}")
    result.trials += 1


def read_only(context, result):
    """A store of which this user may write nothing: reading works, writing is refused with 77 and what to do."""
    if os.geteuid() != 0:
        result.skipped += " not root: no other user to try a read-only store as."
        return ""
    subprocess.run(["cp", "-r", context.path("straight"), context.path("frozen")], check=True)
    opened(context, "frozen")
    another = context.write("another.json", stores.SMALL.replace('"small"', '"another"').replace('"seeds": 1', '"seeds": 2'))
    for command, allowed in [
        (["ls"], (0,)), (["status"], (0,)), (["report", "--metric", "energy"], (0,)), (["store", "digest", "--verify"], (0,)),
        (["show", "--where", "base=gmm"], (0,)), (["logs", "--where", "base=gmm"], (0,)),
        (["sweep", another], (77,)), (["resume"], (0, 77)), (["evaluate", "--metric", "tv"], (77,)),
    ]:
        status, output, errors = as_nobody(context, *command, "--store", "frozen")
        if status not in allowed or stores.failed_badly(status, errors) or (status and "flowexp:" not in errors):
            result.violated(f"a read-only store: {' '.join(command[:1])} exits {status}: {errors.strip()}")
        if command[0] == "store" and output.strip() != context.expected:
            result.violated(f"a read-only store has the digest {output.strip()}")
        result.trials += 1
    hot_journal(context, result)
    return "read-only as another user"


def hot_journal(context, result):
    """A transaction cut short, on a store that cannot be written: nothing can be read, 77, and the command that mends it."""
    subprocess.run(["cp", "-r", context.path("straight"), context.path("hot")], check=True)
    path = context.path("hot/flowexp.sqlite")
    # A transaction whose pages have spilled into the file, and a process that dies before the COMMIT.
    subprocess.run(["python3", "-c", f"""
import os, signal, sqlite3
database = sqlite3.connect({path!r}, isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE metric_values SET value = 77, details = hex(zeroblob(3000))")
database.execute("UPDATE run_records SET configuration = 'lost' || hex(zeroblob(3000))")
os.kill(os.getpid(), signal.SIGKILL)
"""], check=False)
    if not os.path.exists(f"{path}-journal"):
        return result.violated("no hot journal could be made: the trial proves nothing")
    opened(context, "hot")
    for command in (["ls"], ["status"], ["store", "digest"], ["report", "--metric", "energy"], ["sweep", context.spec]):
        status, _, errors = as_nobody(context, *command, "--store", "hot")
        mends = "flowexp status" in errors or (command[0] == "sweep" and "right to write" in errors)
        if status != 77 or not mends:
            result.violated(f"a hot journal in a read-only store: {command[0]} exits {status}: {errors.strip()}")
        result.trials += 1
    status, _, errors = context.run("status", "--store", "hot")
    if status != 0 or context.digest("hot") != context.expected:
        result.violated(f"a hot journal: status of the owner exits {status}: {errors.strip()}")
    status, output, errors = as_nobody(context, "store", "digest", "--store", "hot")
    if status != 0 or output.strip() != context.expected:
        result.violated(f"a mended hot journal: {status} {output} {errors}")


def opened(context, store):
    """Everybody may look into the harness's directories, nobody but root write."""
    subprocess.run(["chmod", "-R", "a+rX,go-w", context.path(store)], check=True)
    directory = context.directory
    while directory != "/" and directory.startswith(("/tmp", os.environ.get("TMPDIR", "/tmp"))):
        os.chmod(directory, os.stat(directory).st_mode | 0o055)
        directory = os.path.dirname(directory)


def as_nobody(context, *arguments):
    return context.run(*arguments, user=UNPRIVILEGED, group=UNPRIVILEGED, extra_groups=[])


def file_limit(context, result):
    """A limit on the size of files (ulimit -f), with SIGXFSZ as a shell gives it and ignored."""
    for index, (bytes_allowed, ignored) in enumerate(
            (size, ignored) for size in (0, 1024, 8192, 65536, 120000, 160000, 200000) for ignored in (True, False)):
        store = f"limited-{index}"

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_allowed, bytes_allowed))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN if ignored else signal.SIG_DFL)

        status, _, errors = context.run(
            "sweep", context.spec, "--store", store, "-j", "1", "-q", variables=stores.OFTEN, preexec_fn=limit)
        what = f"ulimit -f of {bytes_allowed} bytes"
        bad = stores.failed_badly(status, errors)
        if bad or status not in (0, 73, 74) or (status and "flowexp:" not in errors):
            result.violated(f"{what}: exits {status}: {errors.strip()}")
        status, _, errors = context.run("sweep", context.spec, "--store", store, "-j", "1", "-q")
        if status != 0 or context.digest(store) != context.expected:
            result.violated(f"{what}: without it the sweep exits {status}: {errors.strip()}")
        stores.remove(context, store)
        result.trials += 1
    return ""
