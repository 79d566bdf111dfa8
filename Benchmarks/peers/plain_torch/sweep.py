"""W7 for the peers that stand on PyTorch: several runs one after the other."""

from __future__ import annotations

import torch

from plain_torch.batches import weighted_loss
from plain_torch.flow import CouplingFlow
from plain_torch.train import STEPS_PER_CALL, training_loop
from shared.measure import Prepared
from shared.workloads import REALNVP


def losses_of(peer: str, seeds: range, steps: int) -> list[float]:
    """The mean loss of the last call of every run of `peer`: torch, torch-compile or zuko."""
    found = []
    flow = CouplingFlow(REALNVP)
    # Compiled once, for a flow whose parameters every run fills anew.
    compiled = torch.compile(lambda: weighted_loss(REALNVP, flow.log_density))
    for seed in seeds:
        torch.manual_seed(seed)
        if peer == "zuko":
            from zuko_peer.workloads import prepare

            prepared = prepare("train-realnvp-2d", seed)
        else:
            flow.load_state_dict(CouplingFlow(REALNVP).state_dict())
            loss = compiled if peer == "torch-compile" else lambda: weighted_loss(REALNVP, flow.log_density)
            prepared = training_loop(flow.parameters(), loss)
        found.append(_train(prepared, steps))
    return found


def _train(prepared: Prepared, steps: int) -> float:
    for _ in range(max(1, steps // STEPS_PER_CALL)):
        prepared.repeat()
    return prepared.evidence()["lastLoss"]
