"""Several starts of one hidden Markov model, fitted side by side; the best is kept."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.hidden_markov_expectation import expect_side_by_side
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics


@dataclass(frozen=True)
class RestartStatistics:
    """The statistics of every start, and which start leads; they add."""

    leader: int
    parts: tuple[HiddenMarkovStatistics, ...]

    @property
    def log_likelihood(self) -> Float[Tensor, ""]:
        """That of the leader [nats]."""
        return self.parts[self.leader].log_likelihood

    def __add__(self, other: "RestartStatistics") -> "RestartStatistics":
        pairs = zip(self.parts, other.parts, strict=True)
        return RestartStatistics(self.leader, tuple(ours + theirs for ours, theirs in pairs))

    def tensors(self) -> list[Tensor]:
        """Return every tensor, start after start."""
        return [tensor for part in self.parts for tensor in part.tensors()]

    def with_tensors(self, tensors: list[Tensor]) -> "RestartStatistics":
        """Return a record of the same kind that holds `tensors`."""
        size = len(tensors) // len(self.parts)
        parts = [
            part.with_tensors(tensors[index * size : (index + 1) * size])
            for index, part in enumerate(self.parts)
        ]
        return RestartStatistics(self.leader, tuple(parts))


class Restarts(nn.Module):
    """One model of statistics that is several: all of them climb, and one of them answers.

    The leader is the start whose objective was highest in the last E-step (ties: the lower
    number). Its objective never falls: the next leader is at least as high as this one was, and
    then climbs itself. Stepwise EM compares the running objectives. Training looks at every start;
    in evaluation mode, in which Lightning validates, only the leader is asked.
    """

    leader: Tensor
    objectives: Tensor
    n_passes: int | None = None

    def __init__(self, models: list[nn.Module]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)
        self.config: Any = models[0].config
        self.register_buffer("leader", torch.tensor(0))
        lowest = torch.full((len(models),), -torch.inf, dtype=torch.float64)
        self.register_buffer("objectives", lowest)

    @property
    def winner(self) -> Any:
        """The model that leads."""
        return self.models[int(self.leader)]

    def initialise(self, train: Sequences, reference: Sequences, seed: int) -> None:
        """Start every model; the first as if it were the only one.

        Args:
            train: what they will be fitted to.
            reference: all training data, of every class.
            seed: decides all starts; each draws from a seed of its own.
        """
        for restart, model in enumerate(self._models()):
            model.initialise(train, reference, seed, restart)

    def expect(self, batch: Batch) -> HiddenMarkovStatistics | RestartStatistics:
        """Return the statistics of all starts; in evaluation mode, of the leader alone."""
        if not self.training:
            statistics: HiddenMarkovStatistics = self.winner.expect(batch)
            return statistics
        return RestartStatistics(int(self.leader), expect_side_by_side(self._models(), batch))

    def no_statistics(self) -> RestartStatistics:
        """Return the statistics of no sequence."""
        parts = tuple(model.no_statistics() for model in self._models())
        return RestartStatistics(int(self.leader), parts)

    def maximise(self, statistics: RestartStatistics) -> None:
        """Set the parameters of every start, and choose who leads from now on."""
        for index, (model, part) in enumerate(zip(self._models(), statistics.parts, strict=True)):
            objective = float(part.log_likelihood) + model.log_prior()
            self.objectives[index] = torch.nan_to_num(torch.tensor(objective), nan=-torch.inf)
            model.maximise(part)
        best = self.objectives == self.objectives.max()
        self.leader.copy_(best.nonzero()[0, 0])

    def log_prior(self) -> float:
        """Return the log-density of the leader's parameters under their prior [nats]."""
        return float(self.winner.log_prior())

    def expect_flops(self, batch: Batch) -> float:
        """Return those of one E-step of every start."""
        return len(self.models) * float(self.winner.expect_flops(batch))

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(x) of the scored steps under the leader [nats]."""
        log_prob: Tensor = self.winner.log_prob(batch)
        return log_prob

    def n_free_parameters(self) -> int:
        """Return those of one start: the others are thrown away."""
        return int(self.winner.n_free_parameters())

    def note(self, train: Sequences) -> str:
        """Say which start won, and what all of them reached on their training sequences."""
        n_scored = int(train.n_scored.sum())
        reached = ", ".join(f"{each / n_scored:.6g}" for each in self.objectives.tolist())
        return (
            f"restart {int(self.leader)} of {len(self.models)} was kept; objectives of all before "
            f"its last M-step, per scored step [nats]: {reached}"
        )

    def _models(self) -> list[Any]:
        return list(self.models)
