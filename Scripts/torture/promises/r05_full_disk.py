"""A full disk, an I/O error at every call, a store that cannot be written, an output that ends: a clear message, the
documented exit code, the store intact, and the same command goes on when it is mended."""

import os
import shutil
import subprocess

import refusals
import stores

NAME = "R5"
TITLE = "full disk, I/O error, read-only store: said clearly, store intact"
GOAL = 1500
SHARE = 12

# What may fail, and how.
FAULTS = {
    "write": ["ENOSPC", "EIO"], "pwrite64": ["ENOSPC", "EIO"], "fsync": ["EIO", "ENOSPC"], "fdatasync": ["EIO"],
    "ftruncate": ["EIO"], "rename": ["ENOSPC", "EIO"], "openat": ["ENOSPC", "EIO", "EMFILE", "EACCES"],
    "mkdir": ["ENOSPC", "EIO", "EROFS"], "fcntl": ["EIO"], "close": ["EIO"], "unlink": ["EIO", "EROFS"],
    "pread64": ["EIO"], "read": ["EIO"], "newfstatat": ["EIO"], "getdents64": ["EIO"],
}
ALLOWED = (73, 74, 75, 77)


def attempt(context, result):
    spec = context.spec = context.write("spec.json", stores.SMALL)
    status, _, errors = context.run("sweep", spec, "--store", "straight", "-j", "1", "-q")
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    context.expected = context.digest("straight")
    notes = [refusals.outputs(context, result), refusals.read_only(context, result), refusals.file_limit(context, result)]
    notes.append(small_file_system(context, result))
    if stores.has_strace():
        notes.append(faults(context, result))
    else:
        result.skipped += " no strace: no errors were injected."
    result.measured = "; ".join(note for note in notes if note)


def goes_on(context, result, store, what):
    """The same command, undisturbed, ends in the right digest and leaves nothing behind."""
    status, _, errors = context.run("sweep", context.spec, "--store", store, "-j", "1", "-q")
    if status != 0:
        return result.violated(f"{what}: when mended the sweep exits {status}: {errors.strip()}")
    found = context.digest(store)
    if found != context.expected:
        result.violated(f"{what}: digest {found}, undisturbed {context.expected}")
    for sentence in stores.disorder(context, store, reading=False):
        result.violated(f"{what}: {sentence}")


def judge(result, what, status, errors, allowed=ALLOWED, silent=False):
    """An end by an error: documented, named, said."""
    bad = stores.failed_badly(status, errors)
    if bad:
        result.violated(f"{what}: {bad}: {errors.strip()[-600:]}")
    elif status not in allowed:
        result.violated(f"{what}: exits {status}: {errors.strip()[-600:]}")
    elif "flowexp:" not in errors and not silent:
        result.violated(f"{what}: exits {status} and says nothing: {errors.strip()[-600:]}")


def faults(context, result):
    """Every call that touches the store fails once, and then from there on for good, as a full disk does."""
    root = context.path("logged")
    context.run("sweep", context.spec, "--store", "logged", "-j", "1", "-q", variables=stores.OFTEN,
                prefix=["strace", "-f", "-y", "-o", context.path("log")])
    points = stores.injection_points(context.path("log"), root)
    todo = []
    for name, errors in FAULTS.items():
        for number in points.get(name, []):
            todo += [(name, number, error, often) for error in errors for often in ("", "+")]
    context.random.shuffle(todo)
    tried = swallowed = 0
    while todo and context.wants_more(result):
        name, number, error, often = todo.pop()
        store = f"fault-{tried}"
        what = f"{error} at {name} {number}{often}"
        status, _, errors = context.run(
            "sweep", context.spec, "--store", store, "-j", "1", "-q", variables=stores.OFTEN, timeout=120,
            prefix=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={name}:error={error}:when={number}{often}"])
        if status == 0:
            # Harmless there, for example a cache's entry or a leftover that could not be removed; then all is done.
            swallowed += 1
            status, found, errors = context.run("store", "digest", "--verify", "--store", store)
            if found.strip() != context.expected:
                result.violated(f"{what}: exits 0, then the digest is {found.strip()} ({status}: {errors.strip()})")
        else:
            # A program that cannot write cannot say so either. One failure can hit a write of the message itself, on
            # another thread than the one whose write to the store had that number; then a part of it is there.
            silent = name == "write" and bool(often or errors.strip())
            judge(result, what, status, errors, silent=silent)
        goes_on(context, result, store, what)
        stores.remove(context, store)
        tried += 1
        result.trials += 1
    return f"{tried} injected errors of {tried + len(todo)}, {swallowed} of them without consequence"


def small_file_system(context, result):
    """A sweep fills a tmpfs; then the tmpfs grows and the same command goes on."""
    script = os.path.join(os.path.dirname(__file__), "..", "small_file_system.sh")
    probe = subprocess.run(
        ["unshare", "-m", "sh", "-c", "mount --make-rprivate / && mount -t tmpfs -o size=64k none /mnt"],
        capture_output=True, check=False)
    if probe.returncode != 0:
        result.skipped += " no right to mount: no small file system, no read-only mount."
        return ""
    shutil.copy(script, context.path("small.sh"))
    full = 0
    for kilobytes in (16, 48, 96, 150, 200, 230, 260, 300, 340, 400):
        os.makedirs(context.path("mounted"), exist_ok=True)
        finished = subprocess.run(
            ["unshare", "-m", "sh", context.path("small.sh"), context.program, context.spec, context.path("mounted"),
             str(kilobytes)],
            capture_output=True, check=False, env=context.environment(**stores.OFTEN), cwd=context.directory, timeout=300)
        what = f"a file system of {kilobytes} kB"
        lines = dict(line.split("=", 1) for line in finished.stdout.decode().splitlines() if "=" in line)
        errors = finished.stderr.decode("utf-8", "replace")
        if lines.get("small") != "0":
            full += 1
            judge(result, what, int(lines.get("small", "-1")), errors, (74, 73))
        if lines.get("read") not in ("0", "66"):
            result.violated(f"{what}: reading it exits {lines.get('read')}: {errors.strip()}")
        if lines.get("grown") != "0" or lines.get("digest") != context.expected:
            result.violated(f"{what}: grown, the sweep exits {lines.get('grown')}, digest {lines.get('digest')}: {errors}")
        if lines.get("readonly") not in ("77", "74") or lines.get("frozen") != context.expected:
            result.violated(
                f"{what} mounted read-only: a new sweep exits {lines.get('readonly')}, digest {lines.get('frozen')}: {errors}")
        if lines.get("same") != "0" and lines.get("same") not in ("77", "74"):
            result.violated(f"{what} mounted read-only: the finished sweep exits {lines.get('same')}")
        result.trials += 1
    if not full:
        result.violated("no small file system was ever full: the trial proves nothing")
    return f"{full} of 10 small file systems filled"
