"""One peer on one workload, in a process of its own: prints one line of JSON.

    python peer.py PEER WORKLOAD [--seconds S]

With --serve it prepares, prints `ready`, and then measures for S seconds and prints a line for every line `S` on its
standard input: that is how run.py alternates between peers without starting each of them again in every round.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
}
"""Set before anything numerical is imported; what the caller has set already stays."""

TRAIN = ("train-realnvp-2d", "train-realnvp-2d-gmm", "train-cond-3d", "train-nsf-2d")
FLOW = TRAIN + ("sample", "logprob")
PEERS: dict[str, dict[str, str]] = {
    "lean-jax": {
        **dict.fromkeys(TRAIN, "lean_jax.train"),
        **dict.fromkeys(("sample", "logprob"), "lean_jax.evaluate"),
        **dict.fromkeys(("mmd", "mmd-five-scale"), "sample_metrics.with_jax"),
    },
    "lean-jax-tiled": dict.fromkeys(TRAIN, "lean_jax.train_tiled"),
    "torch": {
        **dict.fromkeys(TRAIN, "plain_torch.train"),
        **dict.fromkeys(("sample", "logprob"), "plain_torch.evaluate"),
        **dict.fromkeys(("mmd", "mmd-five-scale", "w2-sliced"), "sample_metrics.with_torch"),
    },
    "torch-compile": {
        **dict.fromkeys(TRAIN, "plain_torch.train_compiled"),
        **dict.fromkeys(("sample", "logprob"), "plain_torch.evaluate_compiled"),
    },
    "zuko": dict.fromkeys(FLOW, "zuko_peer.workloads"),
    "normflows": dict.fromkeys([name for name in FLOW if name != "train-cond-3d"], "normflows_peer.workloads"),
    "flowjax": dict.fromkeys(FLOW, "flowjax_peer.workloads"),
    "numpy": dict.fromkeys(("mmd", "mmd-five-scale", "w2-sliced"), "sample_metrics.with_numpy"),
    "scipy": dict.fromkeys(("w2-exact", "w2-exact-5000"), "sample_metrics.with_scipy"),
    "pot": dict.fromkeys(("w2-exact", "w2-exact-5000", "w2-sliced"), "sample_metrics.with_pot"),
}
"""Which module prepares which workload of which peer: it has `prepare(workload) -> Prepared`."""

PACKAGES = {
    "lean-jax": ("jax", "jaxlib"),
    "lean-jax-tiled": ("jax", "jaxlib"),
    "torch": ("torch",),
    "torch-compile": ("torch",),
    "zuko": ("zuko", "torch"),
    "normflows": ("normflows", "torch"),
    "flowjax": ("flowjax", "jax", "jaxlib"),
    "numpy": ("numpy",),
    "scipy": ("scipy",),
    "pot": ("POT",),
}


def versions(peer: str) -> dict[str, str]:
    """Versions of Python and of the packages that a peer stands on."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in PACKAGES[peer]:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def main() -> None:
    """Parses the command line, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("workload")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    module = PEERS[options.peer].get(options.workload)
    if module is None:
        parser.error(f"{options.peer} has no {options.workload}; it has {', '.join(PEERS[options.peer])}")
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)

    from shared.measure import Measurement

    measurement = Measurement(importlib.import_module(module).prepare(options.workload))

    def report(seconds: float) -> None:
        value, median = measurement.value(seconds)
        line = {"workload": options.workload, "peer": options.peer, "value": value}
        line |= {"unit": measurement.prepared.unit, "versions": versions(options.peer)}
        print(json.dumps(line | measurement.facts(median)), flush=True)

    if not options.serve:
        return report(options.seconds)
    print("ready", flush=True)
    for request in sys.stdin:
        report(float(request))


if __name__ == "__main__":
    main()
