"""The challenger: of the fits of some experiments, the one that validation likes best."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqarena.errors import ArtifactError
from seqarena.experiment.diverged import read_diverged
from seqarena.experiment.fit_seed import REPORT_FILE
from seqarena.experiment.layout import Workspace
from seqarena.families.store import read_config
from seqarena.retraining.gate.limits import Cost


@dataclass(frozen=True)
class Candidate:
    """A fit that may be promoted."""

    experiment: str
    seed: int
    fit: Path
    """Its folder."""
    provenance: dict[str, Any]
    report: dict[str, Any]
    """What the fit cost and how it ended."""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that the fit is a function of."""
        return str(self.provenance["fingerprint"])

    @property
    def valid_loss(self) -> float | None:
        """Loss on the validation split [nats]; None where it is infinite."""
        loss: float | None = self.report["valid_loss"]
        return loss

    def cost(self, latency_ms: float | None) -> Cost:
        """Return what it took, and takes."""
        return Cost(
            self.report["n_parameters"],
            self.report["training_flops"],
            self.report["wall_seconds"],
            latency_ms,
        )


def best_candidate(workspace: Workspace, experiments: Iterable[str]) -> Candidate:
    """Return the fit with the lowest validation loss; the first named where some are equal.

    Raises:
        ArtifactError: there is no fit, because all diverged or for another reason; or none has a
            finite loss on the validation split.
    """
    experiments = list(experiments)
    found = [each for name in experiments for each in _candidates(workspace.fit(name), name)]
    finite = [each for each in found if each.valid_loss is not None]
    lost = [each for name in experiments for each in read_diverged(workspace.fit(name)).values()]
    if not found and lost:
        raise ArtifactError(
            f"{workspace.runs}: every fit of {', '.join(experiments)} diverged ({len(lost)}), the "
            f"first because: {lost[0]}"
        )
    if not finite:
        raise ArtifactError(
            f"{workspace.runs}: of {len(found)} fits of {', '.join(experiments)} none has a finite "
            "loss on the validation split, by which one could be chosen; smooth the models."
        )
    return min(finite, key=lambda each: each.valid_loss or 0.0)


def _candidates(folder: Path, experiment: str) -> list[Candidate]:
    fits = sorted(folder.glob("seed-*"), key=lambda each: int(each.name.removeprefix("seed-")))
    return [
        Candidate(
            experiment,
            int(fit.name.removeprefix("seed-")),
            fit,
            read_config(fit)[0]["provenance"],
            json.loads((fit / REPORT_FILE).read_text(encoding="utf-8")),
        )
        for fit in fits
    ]
