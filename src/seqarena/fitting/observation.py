"""Lets an observer see a model at a few moments of its fit, and leaves no trace in the fit."""

from copy import deepcopy

import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from seqarena.fitting.checkpoint import cloned
from seqarena.fitting.module import FitModule
from seqarena.fitting.observer import Observer, moments
from seqarena.fitting.processes import is_main_process


class Observation(Callback):
    """Shows a copy at some moments and at the end: the original keeps its mode and its draws."""

    def __init__(self, observer: Observer, max_epochs: int) -> None:
        self._observer = observer
        self._moments = moments(max_epochs)
        self._latest: int | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the model before its first step; one that goes on from a checkpoint is past it."""
        if trainer.global_step == 0:
            self._show(_ours(pl_module), 0)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the model, if it is time to; the module counts the epoch after its callbacks."""
        del trainer
        module = _ours(pl_module)
        if module.course.n_epochs + 1 in self._moments:
            self._show(module, module.course.n_epochs + 1)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the last state of the model."""
        del trainer
        module = _ours(pl_module)
        if module.course.n_epochs != self._latest:
            self._show(module, module.course.n_epochs)

    def _show(self, module: FitModule, n_epochs: int) -> None:
        self._latest = n_epochs
        # Every process must ask: parameters may be split over them.
        state = cloned(module.model.state_dict())
        if not is_main_process():
            return
        with torch.random.fork_rng(devices=[]):
            copy = deepcopy(module.target).cpu()
            copy.load_state_dict(state)
            self._observer.observe(copy.eval(), n_epochs)


def _ours(module: LightningModule) -> FitModule:
    if not isinstance(module, FitModule):
        raise TypeError(f"{type(module).__name__} is no FitModule, whose course an observer needs.")
    return module
