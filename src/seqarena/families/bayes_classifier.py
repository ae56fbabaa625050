"""Any density family as a classifier: one density for each class, and Bayes' rule."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.attention.maps import HasNativeMaps, NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError
from seqarena.families.class_density import (
    ClassDensity,
    ClassStatistics,
    HasStarts,
    posterior_of_classes,
)
from seqarena.families.engine_fit import fit_with_engine
from seqarena.families.guards import require_fitted
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting, StepwiseConfig
from seqarena.seeds import derive_seed


class BayesClassifier(nn.Module):
    """p(label | x) proportional to p(label) p(x | label), p(label) its share of the training data.

    It is one model of sufficient statistics, so one fit serves all classes: a pass over the data
    hands each sequence to the density of its own label.
    """

    log_class_prior: Tensor
    fitted: Tensor

    def __init__(self, density: Callable[[], nn.Module], n_classes: int) -> None:
        super().__init__()
        self.densities = nn.ModuleList([density() for _ in range(n_classes)])
        uniform = torch.full((n_classes,), 1.0 / n_classes, dtype=torch.float64)
        self.register_buffer("log_class_prior", uniform.log())
        self.register_buffer("fitted", torch.tensor(False))

    @property
    def n_passes(self) -> int | None:
        """Passes that fit the densities exactly; None: iterate."""
        return self._classes()[0].n_passes

    @property
    def stepwise(self) -> StepwiseConfig | None:
        """How the densities are fitted stepwise; None: they are not."""
        found: StepwiseConfig | None = getattr(self._classes()[0].config, "stepwise", None)
        return found

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Start every density from its own class, or where it is; then fit all of them together.

        The losses of the report are of sequences and labels together: -log p(x, label).

        Raises:
            DataError: a class has no training sequence.
        """
        parts = self._by_class(train)
        note = "losses are of sequences and labels together, -log p(x, label), per scored step"
        is_ours = getattr(self._classes()[0].config, "engine", "seqarena") == "seqarena"
        if not is_ours or self.stepwise is not None:
            self._set_prior(torch.tensor([float(len(own)) for _, own in parts]))
        if getattr(self._classes()[0].config, "n_restarts", 1) > 1:
            report = self._fit_starts(parts, train, valid, setting)
            return replace(report, notes=(*report.notes, note))
        for label, (density, own) in enumerate([] if setting.goes_on else parts):
            density.initialise(own, train, derive_seed(setting.seed, "start", label))
        if not is_ours:
            report = fit_with_engine(self, parts, train, valid, setting)
        else:
            report = fit_in_large_batches(self, train, valid, setting, self.stepwise)
        return replace(report, notes=(*report.notes, note))

    def expect(self, batch: Batch) -> ClassStatistics:
        """Return the statistics of each class's own sequences.

        Raises:
            DataError: the batch has no labels.
        """
        labels = _labels(batch)
        parts = []
        for label, density in enumerate(self._classes()):
            rows = (labels == label).nonzero()[:, 0]
            own = density.expect(_rows_of(batch, rows)) if len(rows) else density.no_statistics()
            parts.append(own)
        n_sequences = torch.bincount(labels, minlength=len(self.densities)).double()
        of_labels = self.log_class_prior[labels].sum()
        of_sequences = torch.stack([part.log_likelihood for part in parts]).sum()
        return ClassStatistics(of_sequences + of_labels, n_sequences, tuple(parts))

    def no_statistics(self) -> ClassStatistics:
        """Return the statistics of no sequence."""
        parts = tuple(density.no_statistics() for density in self._classes())
        nothing = torch.zeros_like(self.log_class_prior)
        return ClassStatistics(nothing.sum(), nothing, parts)

    def maximise(self, statistics: ClassStatistics) -> None:
        """Set every density from its own part, and p(label) to the labels' shares.

        The first updates of stepwise EM may have seen no sequence of a class, whose density stays
        at its start; and the shares, which `fit` counted in all the data, stay exact.
        """
        counts = statistics.n_sequences.tolist()
        for density, part, n in zip(self._classes(), statistics.parts, counts, strict=True):
            if n > 0:
                density.maximise(part)
        if self.stepwise is None:
            self._set_prior(statistics.n_sequences)

    def log_prior(self) -> float:
        """Return the sum over the densities."""
        return sum(density.log_prior() for density in self._classes())

    def expect_flops(self, batch: Batch) -> float:
        """Estimate as if one density did the batch: each sequence goes to one of them."""
        return self._classes()[0].expect_flops(batch)

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label | x) by Bayes' rule [nats].

        A sequence that is impossible under every class gets the labels' prior.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        require_fitted(self.fitted, "Bayes classifier")
        densities = torch.stack([density.log_prob(batch) for density in self._classes()], dim=1)
        return posterior_of_classes(densities, self.log_class_prior)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own label | x) [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: the batch has no labels.
        """
        return self.class_log_prob(batch).gather(1, _labels(batch)[:, None])[:, 0]

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return, for each sequence, the map of the density of its most probable class."""
        winner = self.class_log_prob(batch).argmax(dim=1)
        merged: list[NativeMap] = []
        for label, density in enumerate(self._classes()):
            rows = (winner == label).nonzero()[:, 0]
            if len(rows) and isinstance(density, HasNativeMaps):
                own = density.native_maps(_rows_of(batch, rows))
                merged = [
                    _put(old, new, rows)
                    for old, new in zip(
                        merged or [_blank(new, len(batch)) for new in own], own, strict=True
                    )
                ]
        return merged

    def n_free_parameters(self) -> int:
        """Return the densities' parameters and the priors less one."""
        own = sum(density.n_free_parameters() for density in self._classes())
        return own + len(self.densities) - 1

    def _classes(self) -> list[ClassDensity]:
        return [cast(ClassDensity, density) for density in self.densities]

    def _set_prior(self, n_sequences: Tensor) -> None:
        counts = n_sequences.to(self.log_class_prior)
        self.log_class_prior.copy_((counts / counts.sum()).log())
        self.fitted.fill_(True)

    def _fit_starts(
        self,
        parts: list[tuple[ClassDensity, Sequences]],
        train: Sequences,
        valid: Sequences,
        setting: FitSetting,
    ) -> FitReport:
        """Fit every start of every density in one fit, and keep the best of each class."""
        densities = self.densities
        starts = [
            cast(HasStarts, density).starts(own, train, derive_seed(setting.seed, "start", label))
            for label, (density, own) in enumerate(parts)
        ]
        self.densities = nn.ModuleList(starts)
        try:
            report = fit_in_large_batches(self, train, valid, setting, self.stepwise)
        finally:
            self.densities = densities
        for density, each in zip(densities, starts, strict=True):
            density.load_state_dict(each.winner.state_dict())
        notes = [
            f"class {label}: {each.note(own)}"
            for label, (each, (_, own)) in enumerate(zip(starts, parts, strict=True))
        ]
        return replace(report, notes=(*report.notes, *notes))

    def _by_class(self, train: Sequences) -> list[tuple[ClassDensity, Sequences]]:
        if train.labels is None:
            raise DataError("a classifier needs labels, and the training sequences have none.")
        parts = []
        for label, density in enumerate(self._classes()):
            rows = np.flatnonzero(train.labels == label)
            if not rows.size:
                raise DataError(
                    f"class {label} of {len(self.densities)} has no training sequence; "
                    "split the data anew, or leave the class out."
                )
            parts.append((density, train.select(rows)))
        return parts


def _labels(batch: Batch) -> Tensor:
    if batch.labels is None:
        raise DataError("a classifier needs labels, and the batch has none.")
    return batch.labels


def _rows_of(batch: Batch, rows: Tensor) -> Batch:
    """Return some rows of a batch, as wide as the batch is."""
    taken = {
        field.name: value[rows]
        for field in fields(batch)
        if isinstance(value := getattr(batch, field.name), Tensor)
    }
    return replace(batch, **taken, target=None)


def _blank(like: NativeMap, n: int) -> NativeMap:
    return NativeMap(
        name=f"{like.name}.predicted_class",
        kind=like.kind,
        values=like.values.new_zeros(n, *like.values.shape[1:]),
        row_mask=like.row_mask.new_zeros(n, *like.row_mask.shape[1:]),
        column_mask=like.column_mask.new_zeros(n, *like.column_mask.shape[1:]),
    )


def _put(whole: NativeMap, part: NativeMap, rows: Tensor) -> NativeMap:
    return replace(
        whole,
        values=whole.values.index_copy(0, rows, part.values),
        row_mask=whole.row_mask.index_copy(0, rows, part.row_mask),
        column_mask=whole.column_mask.index_copy(0, rows, part.column_mask),
    )
