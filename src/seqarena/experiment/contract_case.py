"""One family, fitted to one kind of small data, and what its checks share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.experiment.contract_data import ContractData
from seqarena.families.catalogue import AnyFamily, AnyFamilyConfig, build_family
from seqarena.families.family import (
    AlignerFamily,
    ClassifierFamily,
    DensityFamily,
    TaggerFamily,
    TransducerFamily,
)
from seqarena.fitting.protocols import FitReport, FitSetting, HardwareConfig, TrainingConfig

_TRAINING = TrainingConfig(batch_size=8, max_epochs=1, max_em_epochs=2)
CLOSE = 1e-5
"""How near is equal: log-probabilities in 32 bits."""


@dataclass(frozen=True)
class Case:
    """One family, fitted to one kind of data."""

    config: AnyFamilyConfig
    data: ContractData
    family: AnyFamily
    report: FitReport


Check = Callable[[Case], str | None]


class _Silence:
    def metric(self, name: str, value: float, step: int) -> None:
        """Take no note."""


def fitted_case(config: AnyFamilyConfig, data: ContractData, scratch: Path) -> Case:
    """Fit a family of seed 0; `scratch` takes its checkpoints.

    Raises:
        SeqarenaError: whatever the fit raises.
    """
    family = build_family(config, data.schema, 0)
    setting = FitSetting(
        seed=0,
        training=_TRAINING,
        hardware=HardwareConfig(accelerator="cpu", devices=1),
        scratch=scratch,
        recorder=_Silence(),
    )
    return Case(config, data, family, family.fit(data.train, data.train, setting))


def answer(family: object, batch: Batch) -> Float[Tensor, "..."]:
    """Return what the protocols have in common: log-probabilities of whole examples [nats]."""
    if isinstance(family, ClassifierFamily):
        return family.class_log_prob(batch)
    if isinstance(family, DensityFamily | TaggerFamily | TransducerFamily | AlignerFamily):
        return family.log_prob(batch)
    raise DataError(f"{type(family).__name__} follows no protocol of seqarena.families.family.")


def not_one(sums: Tensor, tolerance: float) -> str | None:
    """Complain of sums that are not 1."""
    wrong = (sums.double() - 1).abs().max()
    return None if wrong <= tolerance else f"the sum is off by {float(wrong):.3g}"
