"""Runs a Lightning module: quietly, resumably, and without a trace in the process around it."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from pytorch_lightning import Callback, Trainer
from torch import nn

from seqarena.errors import ConfigError
from seqarena.fitting.checkpoint import CheckpointFiles, newest_intact
from seqarena.fitting.memory import naming_the_batch
from seqarena.fitting.module import FitModule
from seqarena.fitting.observation import Observation
from seqarena.fitting.processes import n_processes
from seqarena.fitting.protocols import FitSetting
from seqarena.fitting.signals import ExitOnSigterm
from seqarena.fitting.strategy import placement

# Lightning 2.6.6 beside torch 2.13, and what is meant as it is here.
_KNOWN_WARNINGS = (
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",
    "GPU available but not used",
    r"`torch.jit.script_method` is deprecated",
)


def run(module: FitModule, max_epochs: int, by_gradient: bool) -> None:
    """Fit `module`, from its checkpoint if its scratch folder holds one.

    Afterwards the model is on the CPU, in evaluation mode, in the number formats that it had, and
    holds the parameters with the best finite validation loss, if there was one; also after an
    error. The global random state and the number of threads are as before.

    Raises:
        ConvergenceError: from the module.
        ArtifactError: the scratch folder holds another fit.
        ConfigError: the number of processes changed within the program.
        ResourceError: memory ran out.
    """
    setting = module.setting
    place = placement(setting.hardware, by_gradient)
    surroundings = _untouched_surroundings(place["accelerator"], setting.hardware.deterministic)
    with _quiet(), surroundings, _same_formats(module.target):
        trainer = Trainer(
            **place,
            max_epochs=max_epochs,
            callbacks=_callbacks(setting, max_epochs, by_gradient),
            plugins=[CheckpointFiles()],
            default_root_dir=setting.scratch,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_autolog_hparams=False,
            num_sanity_val_steps=0,
            inference_mode=False,
            use_distributed_sampler=False,
        )
        _refuse_another_number_of_processes(trainer.world_size)
        try:
            module.model.train()
            with naming_the_batch(module):
                trainer.fit(module, ckpt_path=newest_intact(setting.scratch))
        finally:
            module.bar.close()
            if module.best is not None:
                module.target.load_state_dict(module.best)
            module.target.eval()


def _callbacks(setting: FitSetting, max_epochs: int, by_gradient: bool) -> list[Callback]:
    if setting.observer is None or not by_gradient:
        return [ExitOnSigterm()]
    return [ExitOnSigterm(), Observation(setting.observer, max_epochs)]


def _refuse_another_number_of_processes(wanted: int) -> None:
    if n_processes() not in (1, wanted):
        raise ConfigError(
            [
                f"hardware.devices: {wanted} processes wanted, but {n_processes()} fit together"
                " in this program already; run the fits in programs of their own."
            ]
        )


@contextmanager
def _untouched_surroundings(accelerator: str, deterministic: bool) -> Iterator[None]:
    n_threads = torch.get_num_threads()
    was_deterministic = torch.are_deterministic_algorithms_enabled()
    devices = [int(os.environ.get("LOCAL_RANK", "0"))] if accelerator == "cuda" else []
    if deterministic and accelerator == "cuda":
        # Without it cuBLAS adds in an order of its own, and torch refuses its products.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with torch.random.fork_rng(devices=devices):
        try:
            torch.use_deterministic_algorithms(deterministic or was_deterministic)
            yield
        finally:
            torch.use_deterministic_algorithms(was_deterministic)
            torch.set_num_threads(n_threads)


@contextmanager
def _same_formats(model: nn.Module) -> Iterator[None]:
    """Undo what a fit in 64 bits does to parameters and buffers."""
    formats = {name: tensor.dtype for name, tensor in _tensors(model)}
    try:
        yield
    finally:
        for name, tensor in _tensors(model):
            tensor.data = tensor.data.to(formats.get(name, tensor.dtype))


def _tensors(model: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [*model.named_parameters(), *model.named_buffers()]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning from telling what hardware there is and what else it sells."""
    # torch._dynamo: tells of every number that it must read in the middle of a step.
    names = ("pytorch_lightning", "lightning_fabric", "torch._dynamo")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        for message in _KNOWN_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        for logger in loggers:
            logger.setLevel(logging.ERROR if "dynamo" in logger.name else logging.WARNING)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
