"""What is put in the place of a step: drawn from the training split, the same for every family."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from seqarena.batch import Sequences
from seqarena.errors import ConfigError
from seqarena.seeds import numpy_generator
from seqarena.tasks.influence import EXACT_UP_TO, N_DRAWS


@dataclass(frozen=True)
class Variants:
    """One example with one step replaced, or all of them; those that would change nothing are out.

    For each step the weights and `unchanged` sum to 1.
    """

    step: Int[np.ndarray, "variants"]
    """The step that is replaced; -1: all are."""
    drawn: Int[np.ndarray, "variants"]
    """Which symbol or training frame stands there; where all are replaced, which row of `whole`."""
    weight: Float[np.ndarray, "variants"]
    unchanged: Float[np.ndarray, "time"]
    """Weight of the draws that are what already stands there."""
    whole: Int[np.ndarray, "draws time"]
    """Symbols, or training frames, in the place of all steps."""

    def __len__(self) -> int:
        return len(self.step)

    def of_one_step(self) -> "Variants":
        """Return those in which one step is replaced."""
        kept = self.step >= 0
        return replace(self, step=self.step[kept], drawn=self.drawn[kept], weight=self.weight[kept])


N_WHOLE = 64
"""Whole inputs that are drawn at least: each costs one input, not one for each step, and what they
say is what all single steps are held against."""


@dataclass(frozen=True)
class Replacements:
    """The distribution q of one step by itself in the training split, and how it is gone through.

    The draws for a step depend on the seed, the row of the example and the place of the step alone:
    whoever is asked, and in whatever company, the same replacements are made (common random
    numbers).
    """

    pool: Int[np.ndarray, "symbols"] | Float[np.ndarray, "frames dim"]
    """The symbols that training shows, or all of its frames."""
    probs: Float[np.ndarray, "symbols"] | None
    """Share of each symbol in training; None for frames, all of which are equally probable."""
    seed: int
    n_draws: int = N_DRAWS
    """Draws for each step where the pool is too large to be gone through."""
    exact_up_to: int = EXACT_UP_TO
    """Most symbols of which each is put in the place of each step, weighted by its share."""

    def __post_init__(self) -> None:
        if self.n_draws < 1:
            raise ConfigError(
                [f"influence.n_draws: {self.n_draws}; a step needs at least 1 replacement."]
            )

    @classmethod
    def of(
        cls,
        train: Sequences,
        seed: int,
        n_draws: int = N_DRAWS,
        exact_up_to: int = EXACT_UP_TO,
    ) -> "Replacements":
        """Take the symbols and their shares, or the frames, of a training split.

        Raises:
            ConfigError: no draw is asked for.
        """
        if train.tokens is None:
            return cls(train.values, None, seed, n_draws, exact_up_to)
        symbols, counts = np.unique(train.tokens, return_counts=True)
        return cls(symbols, counts / counts.sum(), seed, n_draws, exact_up_to)

    @property
    def is_exact(self) -> bool:
        """Whether every symbol is tried, so that nothing is left to chance."""
        return self.probs is not None and len(self.pool) <= self.exact_up_to

    @property
    def sha256(self) -> str:
        """Checksum of what may stand in the place of a step, and of how probable each is."""
        digest = hashlib.sha256(str((self.pool.dtype.str, self.pool.shape)).encode())
        for part in (self.pool, self.probs):
            digest.update(b"" if part is None else np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @property
    def n_whole(self) -> int:
        """How many whole inputs are drawn."""
        return max(self.n_draws, N_WHOLE)

    def n_inputs(self, n_steps: int) -> int:
        """Return the most inputs that are read about an example of so many steps, itself one."""
        per_step = len(self.pool) if self.is_exact else self.n_draws
        return per_step * n_steps + self.n_whole + 1

    def variants(self, row: int, values: np.ndarray) -> Variants:
        """Return the variants of one example.

        Args:
            row: of the example in its split; decides the draws.
            values: its symbols, or its frames.
        """
        n_steps, n_whole = len(values), self.n_whole
        drawn, weight = self._of_steps(row, n_steps)
        is_same = self.pool[drawn] == (values[:, None])
        if is_same.ndim > 2:
            is_same = is_same.all(axis=2)
        step, place = np.nonzero(~is_same & (weight > 0))
        every = np.arange(n_whole)
        return Variants(
            step=np.concatenate([step, np.full(n_whole, -1)]),
            drawn=np.concatenate([drawn[step, place], every]),
            weight=np.concatenate([weight[step, place], np.full(n_whole, 1.0 / n_whole)]),
            unchanged=(weight * is_same).sum(axis=1),
            whole=self._draw(row, "whole", (n_steps, n_whole)).T,
        )

    def put(self, values: np.ndarray, variants: Variants, some: slice) -> np.ndarray:
        """Return some of the variants of an example, in full: (variants, time) or (…, dim)."""
        steps, drawn = variants.step[some], variants.drawn[some]
        full = np.repeat(values[None], len(steps), axis=0)
        one = np.flatnonzero(steps >= 0)
        full[one, steps[one]] = self.pool[drawn[one]]
        every = np.flatnonzero(steps < 0)
        full[every] = self.pool[variants.whole[drawn[every]]]
        return full

    def _of_steps(self, row: int, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what is drawn for each step, and its weight; what comes again has none."""
        if self.is_exact and self.probs is not None:
            every = np.tile(np.arange(len(self.pool)), (n_steps, 1))
            return every, np.tile(self.probs, (n_steps, 1))
        drawn = np.sort(self._draw(row, "step", (n_steps, self.n_draws)), axis=1)
        is_first = np.diff(drawn, axis=1, prepend=-1) > 0
        equals = (drawn[:, :, None] == drawn[:, None]).sum(axis=2)
        return drawn, np.where(is_first, equals / self.n_draws, 0.0)

    def _draw(self, row: int, purpose: str, shape: tuple[int, int]) -> np.ndarray:
        """Draw places in the pool."""
        generator = numpy_generator(self.seed, "influence", purpose, row)
        if self.probs is None:
            return generator.integers(len(self.pool), size=shape)
        ends = self.probs.cumsum()
        return np.minimum(ends.searchsorted(generator.random(shape), "right"), len(ends) - 1)
