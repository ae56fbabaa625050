"""A recurrent network that looks back at its own past."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.past import StepCache
from seqarena.attention.reach import Reach, distances
from seqarena.networks.encoder import Encoder
from seqarena.networks.fused_layers import State
from seqarena.networks.recurrent import Recurrent


class StatesBehind(NamedTuple):
    """What is kept between two steps."""

    state: State
    """The recurrence's, from which it goes on."""
    prepared: StepCache
    """What the mechanism has made of each state, to look back at."""


class AttentiveRecurrent(Encoder):
    """Context c_t by attention of h_t over h_1, ..., h_t; the step is tanh(W [c_t; h_t]).

    Attention stands after the recurrence as in Luong, Pham & Manning (2015), eq. 5, so that the
    fused kernel runs and all steps look at once; looking at the network's own states is Daniluk et
    al. (2017). Padding stands on the right, where no real step looks.
    """

    def __init__(self, recurrent: Recurrent, mechanism: Mechanism) -> None:
        super().__init__()
        dim = recurrent.out_dim
        self.recurrent = recurrent
        self.mechanism = mechanism
        self.combine = nn.Linear(mechanism.context_dim + dim, dim, bias=False)
        self.out_dim = dim

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the combined steps, by the fused kernel where the mechanism has one."""
        return self.look_back(self.recurrent(steps, mask))

    def look_back(
        self, states: Float[Tensor, "batch time dim"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the combined steps of a recurrence that has run."""
        return self._combined(self.mechanism.context(states, states, _past(states)), states)

    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the combined steps by the explicit path, and the weights of each over its past."""
        states = self.recurrent(steps, mask)
        context, weights = self.mechanism(states, states, _past(states))
        return self._combined(context, states), [weights]

    def advance(
        self, step: Float[Tensor, "batch 1 dim"], past: StatesBehind | None
    ) -> tuple[Float[Tensor, "batch 1 out_dim"], StatesBehind]:
        """Return the newest step combined, and what the next one needs; `past` stays as it is.

        It equals the last step of `forward` over all that came (`past` None: over this one).

        Raises:
            ArtifactError: an intervention is in place, which would reach whole sequences alone.
        """
        newest, state = self.recurrent.run(step, past.state if past else None)
        made = self.mechanism.prepared(newest)
        prepared = past.prepared.extended(*made) if past else StepCache.of(*made)
        everything = step.new_ones((len(step), 1, prepared.n_steps), dtype=torch.bool)
        context = self.mechanism.look(newest, prepared.parts, everything)
        return self._combined(context, newest), StatesBehind(state, prepared)

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`, the upper triangle included."""
        combined = 2.0 * batch * time * self.combine.weight.numel()
        attended = self.mechanism.flops(batch, time, time)
        return self.recurrent.flops(batch, time) + attended + combined

    def _combined(self, context: Tensor, states: Tensor) -> Tensor:
        combined: Tensor = self.combine(torch.cat([context, states], dim=-1)).tanh()
        return combined


def _past(states: Float[Tensor, "batch time dim"]) -> Bool[Tensor, "batch time time"]:
    time = states.shape[1]
    allowed = Reach(is_causal=True).allows(distances(range(time), time, states.device))
    return allowed.expand(len(states), -1, -1)
