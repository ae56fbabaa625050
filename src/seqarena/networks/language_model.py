"""Density of tokens: each step is predicted from the steps before it."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from seqarena.batch import Batch
from seqarena.errors import ConfigError
from seqarena.networks.causal_model import CausalEncoder, CausalModel
from seqarena.networks.fused_layers import State
from seqarena.networks.inputs import TokenInput
from seqarena.networks.recurrent import Recurrent
from seqarena.networks.token_scores import summed_log_prob, token_log_prob, tokens_of

STEPS_AT_ONCE = 1024
"""Steps of a long sequence that an answer without gradients holds in memory at a time."""


class Carried(NamedTuple):
    """All that a recurrent language model knows of what it has read."""

    state: State
    output: Float[Tensor, "batch dim"]
    """What the encoder gave at the last step: the next symbol is predicted from it."""

    def detached(self) -> "Carried":
        """Return the same numbers without the way back to what made them."""
        return Carried(tuple(part.detach() for part in self.state), self.output.detach())


class LanguageModel(CausalModel):
    """log p(x_t | x_1, ..., x_{t-1}) of symbols: a softmax over all of them.

    With `tie_weights` the output matrix is the embedding (Press & Wolf 2017): one parameter, stored
    and counted once.

    Raises:
        ConfigError: weights are to be tied whose widths differ.
    """

    inputs: TokenInput

    def __init__(
        self,
        inputs: TokenInput,
        encoder: CausalEncoder,
        n_symbols: int,
        tie_weights: bool = False,
    ) -> None:
        super().__init__(inputs, encoder)
        if tie_weights and inputs.out_dim != encoder.out_dim:
            raise ConfigError(
                [
                    f"tie_weights: an embedding of width {inputs.out_dim} cannot be the output "
                    f"matrix of an encoder of width {encoder.out_dim}; make them equal."
                ]
            )
        self.output = nn.Linear(encoder.out_dim, n_symbols) if not tie_weights else None
        self.output_bias = nn.Parameter(torch.zeros(n_symbols)) if tie_weights else None

    @property
    def carries_state(self) -> bool:
        """Whether it can go on from what it has read, however long that was."""
        return isinstance(self.encoder, Recurrent)

    def values_of(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the symbols of a batch; errors: `tokens_of`."""
        return tokens_of(batch)

    def encoded(
        self, values: Int[Tensor, "batch time"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time dim"]:
        """Return the encoder's output after each symbol."""
        if isinstance(self.encoder, Recurrent):
            return self.encoder.run(self.inputs.symbols(values))[0]
        outputs: Tensor = self.encoder(self.inputs.vectors(values), mask)
        return outputs

    def log_prob_of(
        self, logits: Float[Tensor, "batch time symbols"], batch: Batch, smoothing: float = 0.0
    ) -> Float[Tensor, "batch time"]:
        """Return the log-probability of each symbol: `token_log_prob`."""
        return token_log_prob(logits, tokens_of(batch), smoothing)

    def step_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}) in nats; 0 on padding.

        Without gradients a recurrence reads a long sequence piece by piece, so that memory does not
        grow with its length.

        Args:
            batch: of tokens.
            smoothing: see `token_log_prob`.
        """
        tokens = tokens_of(batch)
        if self.carries_state and not torch.is_grad_enabled():
            carried, pieces = self.begin(len(batch)), []
            for piece, mask in zip(
                torch.split(tokens, STEPS_AT_ONCE, dim=1),
                torch.split(batch.mask, STEPS_AT_ONCE, dim=1),
                strict=True,
            ):
                steps, carried = self.read_on(piece, mask, carried, smoothing)
                pieces.append(steps)
            return torch.cat(pieces, dim=1)
        return self.log_prob_of(self.logits(batch), batch, smoothing).where(batch.mask, 0.0)

    def scored_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, ""]:
        """Return the sum of `step_log_prob` over the scored steps [nats].

        With gradients they are added up in the kernel that computes them.
        """
        if not torch.is_grad_enabled():
            return self.step_log_prob(batch, smoothing).where(batch.scored, 0.0).sum()
        return summed_log_prob(self.logits(batch), tokens_of(batch), batch.scored, smoothing)

    def next_log_prob(self, batch: Batch) -> Float[Tensor, "batch symbols"]:
        """Return log p(x_{T+1} | x_1, ..., x_T) of every symbol, T each sequence's length [nats].

        Only the last of the encoder's outputs is turned into logits.
        """
        outputs = self.encoded(tokens_of(batch), batch.mask)
        last = (batch.lengths - 1)[:, None, None].expand(-1, 1, outputs.shape[2])
        return self.predict(outputs.gather(1, last)[:, 0]).log_softmax(dim=-1)

    def begin(self, n_sequences: int) -> Carried:
        """Return what is known before the first symbol.

        Raises:
            ConfigError: the encoder has no state that could be carried on.
        """
        layers = self._recurrent()
        hidden = self.start.new_zeros(layers.n_layers, n_sequences, layers.out_dim)
        parts = layers.n_states // layers.n_layers
        return Carried((hidden,) * parts, self.start.expand(n_sequences, -1))

    def go_on(self, carried: Carried | None, continues: Bool[Tensor, "batch"]) -> Carried:
        """Return what is known before the next piece: of a lane that begins anew, nothing.

        `carried` may have further lanes behind these.
        """
        begun = self.begin(len(continues))
        if carried is None:
            return begun
        goes_on = continues[:, None]
        # A piece that was read in fewer bits leaves a state of fewer bits; `where` widens it again.
        state = tuple(
            torch.where(goes_on, part[:, : len(continues)], zeros)
            for part, zeros in zip(carried.state, begun.state, strict=True)
        )
        output = carried.output[: len(continues)]
        return Carried(state, torch.where(goes_on, output, begun.output))

    def read_on(
        self,
        tokens: Int[Tensor, "batch time"],
        mask: Bool[Tensor, "batch time"],
        carried: Carried,
        smoothing: float = 0.0,
    ) -> tuple[Float[Tensor, "batch time"], Carried]:
        """Return log p of each symbol given all that was read, and what is known after the last.

        A sequence that ends in padding must not be read on: its state has read the padding.

        Raises:
            ConfigError: the encoder has no state that could be carried on.
        """
        outputs, state = self._recurrent().run(self.inputs.symbols(tokens), carried.state)
        logits = self.written(outputs, carried.output, tokens.shape[1])
        log_prob = token_log_prob(logits, tokens, smoothing).where(mask, 0.0)
        return log_prob, Carried(state, outputs[:, -1])

    def predict(self, outputs: Float[Tensor, "*lead dim"]) -> Float[Tensor, "*lead symbols"]:
        """Return the logits of the symbol after each of the encoder's outputs."""
        if self.output is None:
            return functional.linear(outputs, self.inputs.embedding.weight, self.output_bias)
        logits: Tensor = self.output(outputs)
        return logits

    @property
    def n_output_weights(self) -> int:
        """Width times symbols."""
        written = self.inputs.embedding if self.output is None else self.output
        return written.weight.numel()

    def _recurrent(self) -> Recurrent:
        if isinstance(self.encoder, Recurrent):
            return self.encoder
        raise ConfigError(
            [
                f"{type(self.encoder).__name__} has no state that could be carried on; only a "
                "recurrence without attention has one."
            ]
        )
