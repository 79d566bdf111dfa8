"""Clocks, languages, missing directories and short supplies: the same numbers, or a clear error and nothing lost."""

import os
import shutil

NAME = "R11"
TITLE = "clock, PIDs, HOME, descriptors change no result"
GOAL = 60
SHARE = 0.5

SPEC = """{
  "name": "surroundings",
  "task": "two-moons",
  "flow": {"hiddenSizes": [16], "couplingLayers": 2},
  "training": {"steps": 400, "batch": 64, "draws": 500},
  "evaluation": {"metrics": ["mmd", "kl"], "samples": 500, "kernelSamples": 100, "floorRepetitions": 2},
  "sweep": {"base": ["gaussian", "gmm"], "seeds": 2}
}"""


def surroundings(context):
    """Name, prefix of the command, extra variables, exit codes that are allowed beside 0."""
    trials = [(f"TZ={zone}", ["env", f"TZ={zone}"], {}, set())
              for zone in ("Europe/Berlin", "Nonsense/Zone", ":", "A4B,M3.2.0,M11.1.0", "Pacific/Apia")]
    trials += [(f"LANG={name}", ["env", f"LANG={name}", f"LC_ALL={name}"], {}, set())
               for name in ("C", "POSIX", "tr_TR.UTF-8", "de_DE.UTF-8", "xx_YY", "ar_EG")]
    trials += [
        ("no HOME", ["env", "-u", "HOME"], {}, set()), ("HOME missing", ["env", "HOME=/nonexistent/home"], {}, set()),
        ("HOME unwritable", ["env", "HOME=/proc"], {}, set()),
        ("TMPDIR missing", ["env", "TMPDIR=/nonexistent/tmp"], {}, set()),
        ("TMPDIR unwritable", ["env", "TMPDIR=/proc"], {}, set()), ("no variables", ["env", "-i"], {}, set()),
        ("SIGCHLD ignored", ["bash", "-c", 'trap "" CHLD; exec "$@"', "_"], {}, set()),
        ("closed standard files", ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "_"], {}, set()),
    ]
    # Without enough descriptors: 74 from a file, 69 from a process.
    trials += [(f"ulimit -n {count}", ["bash", "-c", f'ulimit -n {count}; exec "$@"', "_"], {}, {69, 74})
               for count in (6, 8, 10, 12, 14, 16, 20, 40)]
    gone = context.path("gone")
    trials.append(("removed working directory",
                   ["bash", "-c", f'mkdir -p {gone}; cd {gone}; rmdir {gone}; exec "$@"', "_"], {}, set()))
    if shutil.which("faketime"):
        # Where every clock runs 5000 times as fast, waiting a minute for another process is over after 12 ms: 75.
        trials += [(f"faketime {text}", ["faketime", "-f", text], {}, {75} if " x" in text else set())
                   for text in ("@1971-01-01 00:00:00", "@2200-01-01 00:00:00", "+3650d", "-3650d", "+0 x5000",
                                "@2026-03-29 01:59:59", "@2038-01-19 03:14:06", "-0 i-10")]
    if os.geteuid() == 0:
        trials.append(("no /proc", ["unshare", "-m", "bash", "-c", 'mount -t tmpfs none /proc; exec "$@"', "_"], {}, set()))
        # Each process of this user gets few threads and children.
        trials += [(f"ulimit -u {count}", ["setpriv", "--reuid=65534", "--clear-groups", "bash", "-c",
                                            f'ulimit -u {count}; exec "$@"', "_"], {}, {69})
                   for count in (2, 3, 5, 8, 10, 12, 20)]
    return trials


def attempt(context, result):
    spec = context.write("spec.json", SPEC)
    status, _, errors = context.run("sweep", spec, "--store", context.path("straight"), "-q")
    if status != 0:
        return result.violated(f"an undisturbed sweep exits {status}: {errors}")
    expected = context.digest(context.path("straight"))
    # Another user may have to write here.
    os.chmod(os.path.dirname(context.directory), 0o755)
    os.chmod(context.directory, 0o777)
    everything = [(*trial, isolated) for trial in surroundings(context) for isolated in (False, True)]
    context.random.shuffle(everything)
    refused = 0
    number = 0
    while context.wants_more(result):
        name, prefix, variables, allowed, isolated = everything[number % len(everything)]
        number += 1
        store = context.path(f"s{number}")
        arguments = ["sweep", spec, "--store", store, "-q", "-j", "2"] + (["--isolate"] if isolated else [])
        status, _, errors = context.run(*arguments, prefix=prefix, variables=variables, timeout=90)
        result.trials += 1
        if status != 0:
            refused += 1
            if status not in allowed or "flowexp: " not in errors:
                result.violated(f"{name}{' isolated' if isolated else ''}: exit {status}: {errors.strip()[-300:]}")
            # Mended surroundings: the same command goes on.
            if os.path.isdir(store) and prefix[0] == "setpriv":
                shutil.rmtree(store)
            status, _, errors = context.run("sweep", spec, "--store", store, "-q", "-j", "2")
            if status != 0:
                result.violated(f"{name}: mended, the sweep exits {status}: {errors.strip()[-300:]}")
                continue
        if context.digest(store) != expected:
            result.violated(f"{name}{' isolated' if isolated else ''}: another digest")
    result.measured = f"{min(number, len(everything))} of {len(everything)} surroundings, {refused} refused clearly"
    if not shutil.which("faketime"):
        result.skipped = "clocks: no faketime here"
