"""Programs that the tests start as processes of their own.

fitting_program.py fits FOLDER DEVICES N_EXAMPLES      several fits, one after the other
fitting_program.py killed KIND FOLDER STEP...          a fit that is killed at each step
fitting_program.py endless FOLDER                      a fit that goes on until it is stopped
"""

import json
import os
import signal
import sys
from pathlib import Path

import fitting_models as models
import torch
from torch import nn

from seqarena.fitting import module
from seqarena.fitting.gradient import fit_by_gradient
from seqarena.fitting.processes import barrier, is_main_process, rank
from seqarena.fitting.protocols import HardwareConfig, Objective, OptimiserConfig, StepwiseConfig
from seqarena.fitting.statistics import fit_by_statistics
from seqarena.fitting.stepwise import fit_stepwise
from seqarena.fitting.streams import fit_stream_by_gradient

STEPWISE = StepwiseConfig(sequences_per_update=8)
OPTIMISER = OptimiserConfig(learning_rate=0.05, warmup_steps=3)


def parameters_of(model: nn.Module) -> dict:
    return {name: tensor.tolist() for name, tensor in model.state_dict().items()}


def fits(folder: Path, n_devices: int, sizes: list[int]) -> None:
    hardware = HardwareConfig(accelerator="cpu", devices=n_devices)
    results = {}
    for n_examples in sizes:
        by_statistics = [("counting", 0), ("em", 0), ("stepwise", 0)]
        by_gradient = [("gradient", 0), ("gradient", 1), ("gradient in passes", 2)]
        for kind, seed in [*by_gradient, *by_statistics]:
            name = f"{kind}, seed {seed}, {n_examples} examples"
            notes = models.Notes()
            max_per_pass = 2 if kind == "gradient in passes" else None
            setting = models.a_setting(
                folder / name,
                notes,
                seed,
                hardware.model_copy(update={"max_sequences_per_pass": max_per_pass}),
                batch_size=8,
                max_epochs=6,
                em_tolerance=0.0,
                max_em_epochs=8,
            )
            model, report = _fitted(kind, n_examples, setting)
            results[name] = {
                "parameters": parameters_of(model),
                "report": report.as_dict(),
                "metrics": notes.rows,
            }
    (folder / f"rank-{rank()}.json").write_text(json.dumps({"is_main": is_main_process()}))
    barrier()
    if is_main_process():
        (folder / "results.json").write_text(json.dumps(results))


def _fitted(kind, n_examples, setting):
    if "gradient" in kind:
        model = models.SoftmaxClassifier()
        data = models.labelled_frames(n_examples), models.labelled_frames(7, seed=1)
        return model, fit_by_gradient(model, OPTIMISER, *data, setting)
    data = models.symbols(n_examples), models.symbols(7, seed=1)
    if kind == "stepwise":
        # A mini-batch may lack a symbol.
        model = models.TwoComponentMixture(pseudo_count=0.1)
        return model, fit_stepwise(model, *data, setting, STEPWISE)
    model = models.CategoricalCounter() if kind == "counting" else models.TwoComponentMixture()
    return model, fit_by_statistics(model, *data, setting)


def killed(kind: str, folder: Path, steps: list[int]) -> None:
    """For each step: a child fits and is killed there, a second child goes on to the end."""
    module.SECONDS_BETWEEN_CHECKPOINTS = 0.0
    outcomes = {}
    for step in steps:
        scratch = folder / f"at-{step}"
        first = _in_child(lambda at=step, here=scratch: _fit_and_store(kind, here, at))
        second = _in_child(lambda here=scratch: _fit_and_store(kind, here, None))
        final = json.loads((scratch / "final.json").read_text())
        outcomes[step] = {"first": first, "second": second, **final}
    (folder / "outcomes.json").write_text(json.dumps(outcomes))


def _fit_and_store(kind: str, scratch: Path, kill_at: int | None) -> None:
    notes = models.Notes()
    setting = models.a_setting(
        scratch,
        notes,
        seed=3,
        batch_size=8,
        max_epochs=7,
        patience=3,
        max_em_epochs=7,
        em_tolerance=0.0,
    )
    if kind == "gradient":
        model = models.SoftmaxClassifier(dropout=0.4)
        _kill_at_call(model, kill_at, "objective")
        data = models.labelled_frames(30), models.labelled_frames(7, seed=1)
        report = fit_by_gradient(model, OPTIMISER, *data, setting)
    elif kind == "stream":
        model = models.language_model()
        _kill_at_call(model, kill_at, "objective_from", "objective")
        data = models.documents(10, n_symbols=15), models.documents(7, n_symbols=9, seed=1)
        report = fit_stream_by_gradient(model, OPTIMISER, 5, *data, setting)
    else:
        model = models.TwoComponentMixture()
        _kill_at_call(model, kill_at, "expect")
        data = models.symbols(30), models.symbols(7, seed=1)
        if kind == "stepwise":
            report = fit_stepwise(model, *data, setting, STEPWISE)
        else:
            report = fit_by_statistics(model, *data, setting)
    final = {"parameters": parameters_of(model), "report": report.as_dict(), "metrics": notes.rows}
    (scratch / "final.json").write_text(json.dumps(final))


def _kill_at_call(model: nn.Module, kill_at: int | None, *methods: str) -> None:
    """Kill this process at the given call of the methods; training and validation both count."""
    calls = iter(range(10**9))

    def counted(original):
        def call(*given):
            if next(calls) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*given)

        return call

    for method in methods:
        setattr(model, method, counted(getattr(model, method)))


def _in_child(work) -> int:
    """Run `work` in a forked process; return minus the signal that ended it, or its exit code."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def diverging(folder: Path) -> None:
    hardware = HardwareConfig(accelerator="cpu", devices=2)
    model, calls = models.SoftmaxClassifier(), iter(range(10**6))
    original = model.objective

    def spoiled(batch):
        objective = original(batch)
        is_bad = next(calls) == 2 and not is_main_process()
        return Objective(objective.total * (float("nan") if is_bad else 1.0), objective.weight)

    model.objective = spoiled
    data = models.labelled_frames(30), models.labelled_frames(7, seed=1)
    setting = models.a_setting(folder, hardware=hardware, batch_size=8)
    fit_by_gradient(model, OPTIMISER, *data, setting)


def endless(folder: Path, n_devices: int) -> None:
    model = models.SoftmaxClassifier()
    hardware = HardwareConfig(accelerator="cpu", devices=n_devices)
    setting = models.a_setting(
        folder, hardware=hardware, batch_size=8, max_epochs=10**6, patience=10**6
    )
    original = model.objective

    def announced(batch):
        (folder / "running").touch()
        return original(batch)

    model.objective = announced
    data = models.labelled_frames(30), models.labelled_frames(7, seed=1)
    fit_by_gradient(model, OPTIMISER, *data, setting)


if __name__ == "__main__":
    torch.set_num_threads(1)
    match sys.argv[1:]:
        case "fits", folder, n_devices, *sizes:
            fits(Path(folder), int(n_devices), [int(size) for size in sizes])
        case "killed", kind, folder, *steps:
            killed(kind, Path(folder), [int(step) for step in steps])
        case "endless", folder, n_devices:
            endless(Path(folder), int(n_devices))
        case "diverging", folder:
            diverging(Path(folder))
