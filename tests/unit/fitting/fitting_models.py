"""The smallest models of each kind, and data for them."""

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from seqarena.batch import Batch, Sequences, sequences_of
from seqarena.families.neural import build_neural
from seqarena.families.recurrent import RecurrentConfig
from seqarena.fitting.protocols import (
    FitSetting,
    HardwareConfig,
    Objective,
    TrainingConfig,
)
from seqarena.schema import DataSchema


class Notes:
    """A recorder that remembers."""

    def __init__(self):
        self.rows = []

    def metric(self, name, value, step):
        self.rows.append((name, value, step))

    def curve(self, name):
        return [value for row, value, _ in self.rows if row == name]


def a_setting(scratch, recorder=None, seed=0, hardware=None, label="fit", **training):
    return FitSetting(
        seed=seed,
        training=TrainingConfig(**training),
        hardware=hardware or HardwareConfig(accelerator="cpu"),
        scratch=scratch,
        recorder=recorder or Notes(),
        label=label,
    )


def labelled_frames(n, seed=0, dim=3, n_classes=3) -> Sequences:
    """Frames whose mean tells the class, fairly well; lengths 1 to 9."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, n_classes, n)
    centres = np.random.default_rng(99).normal(size=(n_classes, dim))
    values = [
        (centres[label] + generator.normal(size=(generator.integers(1, 10), dim))).astype("f4")
        for label in labels
    ]
    return sequences_of(values, labels=labels.tolist())


def symbols(n, seed=0, n_symbols=4) -> Sequences:
    generator = np.random.default_rng(seed)
    weights = np.arange(1, n_symbols + 1) / sum(range(1, n_symbols + 1))
    sizes = generator.integers(1, 10, n)
    return sequences_of([generator.choice(n_symbols, size, p=weights) for size in sizes])


def documents(n, n_symbols, seed=0) -> Sequences:
    """Documents of the same number of symbols, out of four."""
    return sequences_of(list(np.random.default_rng(seed).integers(0, 4, (n, n_symbols))))


def language_model() -> nn.Module:
    """A recurrent density with dropout, which can read on."""
    config = RecurrentConfig(kind="lstm", model_dim=4, dropout=0.3)
    schema = DataSchema("density", n_symbols=4, max_length=15)
    return build_neural(config, schema, torch.Generator().manual_seed(0))


class SoftmaxClassifier(nn.Module):
    """Logits linear in the mean frame; dropout on request."""

    def __init__(self, dim=3, n_classes=3, dropout=0.0):
        super().__init__()
        self.linear = nn.Linear(dim, n_classes)
        with torch.no_grad():
            self.linear.weight.zero_()
            self.linear.bias.zero_()
        self.dropout = nn.Dropout(dropout)

    def objective(self, batch: Batch) -> Objective:
        means = batch.features.sum(1) / batch.lengths[:, None]
        logits = self.linear(self.dropout(means))
        return Objective(cross_entropy(logits, batch.labels, reduction="sum"), len(batch))

    def forward_flops(self, batch: Batch) -> float:
        return 2.0 * len(batch) * self.linear.weight.numel()


@dataclass(frozen=True)
class Counts:
    of: Tensor
    log_likelihood: Tensor

    def __add__(self, other):
        return Counts(self.of + other.of, self.log_likelihood + other.log_likelihood)

    def tensors(self):
        return [getattr(self, field.name) for field in fields(self)]

    def with_tensors(self, tensors):
        return replace(self, of=tensors[0], log_likelihood=tensors[1])


class CategoricalCounter(nn.Module):
    """Independent symbols, counted exactly in one pass."""

    n_passes = 1

    def __init__(self, n_symbols=4, pseudo_count=0.0):
        super().__init__()
        self.pseudo_count = pseudo_count
        uniform = torch.full((n_symbols,), 1.0 / n_symbols, dtype=torch.float64).log()
        self.register_buffer("log_probs", uniform)

    def expect(self, batch):
        chosen = self.log_probs[batch.tokens][batch.scored]
        of = torch.bincount(batch.tokens[batch.scored], minlength=len(self.log_probs))
        return Counts(of.double(), chosen.sum())

    def expect_flops(self, batch):
        return float(batch.mask.numel())

    def maximise(self, statistics):
        smoothed = statistics.of + self.pseudo_count
        self.log_probs.copy_((smoothed / smoothed.sum()).log())

    def log_prior(self):
        return 0.0


class TwoComponentMixture(nn.Module):
    """A mixture over sequences of two categoricals over symbols, fitted by EM."""

    n_passes = None

    def __init__(self, n_symbols=4, pseudo_count=0.0):
        super().__init__()
        self.pseudo_count = pseudo_count
        tilt = torch.linspace(-0.5, 0.5, n_symbols, dtype=torch.float64)
        self.register_buffer("log_weights", torch.full((2,), 0.5, dtype=torch.float64).log())
        self.register_buffer("log_probs", torch.stack([tilt, -tilt]).log_softmax(1))

    def _log_joint(self, batch):
        per_step = self.log_probs[:, batch.tokens] * batch.scored
        return self.log_weights + per_step.sum(-1).T

    def expect(self, batch):
        log_joint = self._log_joint(batch)
        shares = log_joint.softmax(1)
        one_hot = nn.functional.one_hot(batch.tokens, self.log_probs.shape[1])
        counts = (one_hot * batch.scored[..., None]).sum(1).double()
        of = torch.cat([shares.sum(0)[:, None], shares.T @ counts], dim=1)
        return Counts(of, log_joint.logsumexp(1).sum())

    def expect_flops(self, batch):
        return 10.0 * batch.mask.numel()

    def maximise(self, statistics):
        self.log_weights.copy_((statistics.of[:, 0] / statistics.of[:, 0].sum()).log())
        counts = statistics.of[:, 1:] + self.pseudo_count
        self.log_probs.copy_((counts / counts.sum(1, keepdim=True)).log())

    def log_prior(self):
        return self.pseudo_count * float(self.log_probs.sum()) if self.pseudo_count else 0.0


class Drifter(nn.Module):
    """One number that descends (x - frame)² / 2: the best x is the mean frame."""

    def __init__(self, start=0.0):
        super().__init__()
        self.x = nn.Parameter(torch.tensor(start))

    def objective(self, batch):
        errors = (self.x - batch.features[:, 0, 0]).square() / 2
        return Objective(errors.sum(), len(batch))

    def forward_flops(self, batch):
        return 3.0 * len(batch)

    def n_free_parameters(self):
        return 41


def constant_frames(value, n=8) -> Sequences:
    return sequences_of([np.full((1, 1), value, dtype="f4") for _ in range(n)])


class Scripted(nn.Module):
    """A statistics model whose log-likelihood and log-prior follow a script, M-step by M-step."""

    n_passes = None

    def __init__(self, log_likelihoods, log_priors=None):
        super().__init__()
        self.log_likelihoods = log_likelihoods
        self.log_priors = log_priors or [0.0] * len(log_likelihoods)
        self.register_buffer("n_maximised", torch.tensor(0))

    def expect(self, batch):
        share = batch.scored.sum().double() / 100
        return Counts(torch.zeros(1), share * self.log_likelihoods[int(self.n_maximised)])

    def expect_flops(self, batch):
        return 0.0 * len(batch)

    def maximise(self, statistics):
        self.n_maximised += len(statistics.of)

    def log_prior(self):
        return self.log_priors[int(self.n_maximised)]


def hundred_steps() -> Sequences:
    return sequences_of([np.zeros(10, dtype=int)] * 10)
