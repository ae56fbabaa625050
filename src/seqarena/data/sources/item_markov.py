"""Users whose next item depends on their last one alone: the best ranking is known."""

from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field, field_validator

from seqarena.data.leave_one_out import LEAST_ITEMS, History
from seqarena.data.manifest import BestPossible, Provenance
from seqarena.data.sources.entropy import stationary
from seqarena.data.sources.known_process import KnownProcess
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.synthetic import draw_from
from seqarena.data.sources.user_histories import (
    AboutHistories,
    UserHistoriesConfig,
    history_source,
)
from seqarena.seeds import numpy_generator

_RANKED = 10

Transition = Float[np.ndarray, "items items"]
"""Row = last item, column = next one."""


class ItemMarkovSourceConfig(UserHistoriesConfig):
    """A Markov chain over items, some of which are popular after every other."""

    kind: Literal["item_markov_source"]
    n_items: int = Field(default=200, ge=2, le=2000)
    """Items of the catalogue."""
    n_users: int = Field(default=3000, ge=1)
    """Users; each gives one test."""
    shortest: int = Field(default=5, ge=LEAST_ITEMS)
    """Items of the shortest history."""
    longest: int = Field(default=50, ge=LEAST_ITEMS, validate_default=True)
    """Items of the longest history; lengths between are equally probable."""
    concentration: float = Field(default=20.0, gt=0)
    """Of the Dirichlet distribution of each row, over all items together: small makes the next item
    nearly certain, large makes all rows alike."""
    popularity_exponent: float = Field(default=0.8, ge=0)
    """Item number r is popular as r to minus this (Zipf); 0: all alike."""
    seed: int = Field(default=0, ge=0)
    """Seed of the chain and of the histories."""

    @field_validator("longest")
    @classmethod
    def _in_order(cls, longest: int, info: Any) -> int:
        shortest = info.data.get("shortest", longest)
        if longest < shortest:
            raise ValueError(f"got {longest}; should be at least shortest ({shortest}).")
        return longest

    @property
    def known_process(self) -> KnownProcess:
        """The chain from item to item, begun with its stationary distribution."""
        transition = item_transition(self)
        predict = partial(next_item_probs, stationary(transition), transition)
        return KnownProcess("density", self.n_items, predict)

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_item_histories(self)


def draw_item_histories(config: ItemMarkovSourceConfig) -> SourceData:
    """Draw the histories, and work out what the best ranking of all items scores."""
    transition = item_transition(config)
    start = stationary(transition)
    generator = numpy_generator(config.seed, config.kind, "histories")
    histories = sample_histories(config, transition, start, generator)
    about = AboutHistories(
        provenance=Provenance(
            description="synthetic: users whose next item depends on their last, recorded seed",
            licence="none needed",
            citation="A. A. Markov (1913); N. Craswell et al. (2008) for cascades of choices.",
        ),
        items=tuple(str(item) for item in range(config.n_items)),
        protocol={"seed": config.seed, "start": "the stationary distribution"},
    )
    users = [str(user) for user in range(config.n_users)]
    source = history_source(users, histories, config, about)
    return replace(source, best_possible=best_ranking(transition, start, histories))


def item_transition(config: ItemMarkovSourceConfig) -> Transition:
    """Return the true distribution of the next item after each."""
    generator = numpy_generator(config.seed, config.kind, "parameters")
    popularity = np.arange(1, config.n_items + 1) ** -config.popularity_exponent
    weights = config.concentration * popularity / popularity.sum()
    # Gamma variables by hand: of tiny weights a whole row of them may be 0.
    drawn = generator.standard_gamma(np.tile(weights, (config.n_items, 1))) + 1e-9
    rows: np.ndarray = drawn / drawn.sum(axis=1, keepdims=True)
    return rows


def sample_histories(
    config: ItemMarkovSourceConfig,
    transition: Transition,
    start: Float[np.ndarray, "items"],
    generator: np.random.Generator,
) -> list[History]:
    """Draw one history for each user."""
    lengths = generator.integers(config.shortest, config.longest + 1, size=config.n_users)
    items = np.empty((config.n_users, config.longest), dtype=np.int64)
    items[:, 0] = generator.choice(config.n_items, size=config.n_users, p=start)
    for step in range(1, config.longest):
        items[:, step] = draw_from(transition[items[:, step - 1]], generator)
    return [row[:length] for row, length in zip(items, lengths, strict=True)]


def next_item_probs(
    start: Float[np.ndarray, "items"],
    transition: Transition,
    items: Int[np.ndarray, "users time"],
) -> Float[np.ndarray, "users time items"]:
    """Return p(item | the items before it) of each step."""
    first = np.broadcast_to(start, (len(items), 1, len(start)))
    return np.concatenate([first, transition[items[:, :-1]]], axis=1)


def best_ranking(
    transition: Transition, last_item: Float[np.ndarray, "items"], histories: list[History]
) -> BestPossible:
    """Return the NDCG@10 of ranking all items by their true probability."""
    gains = 1.0 / np.log2(np.arange(2, _RANKED + 2))
    ranked = -np.sort(-transition, axis=1)[:, :_RANKED]
    expected = float(last_item @ (ranked * gains[: ranked.shape[1]]).sum(axis=1))
    hits = float(last_item @ ranked.sum(axis=1))
    last, right = np.array([history[-2:] for history in histories]).T
    place = true_places(transition, last, right)
    on_test = float(np.where(place < _RANKED, 1.0 / np.log2(place + 2.0), 0.0).mean())
    hits_on_test = float((place < _RANKED).mean())
    return BestPossible(
        value=expected,
        unit="of NDCG@10",
        standard_error=0.0,
        lower=expected,
        upper=expected,
        how="ranking by the true transition row of the last item, its mean over the stationary "
        f"distribution in closed form; such a ranking has HR@10 {hits:.3f}, and {hits_on_test:.3f} "
        "on these test examples",
        on_test=on_test,
    )


def true_places(
    transition: Transition, last: Int[np.ndarray, "users"], right: Int[np.ndarray, "users"]
) -> Int[np.ndarray, "users"]:
    """Return how many items were more probable after `last` than the one that came."""
    rows = transition[last]
    chosen = np.take_along_axis(rows, right[:, None], axis=1)
    places: np.ndarray = (rows > chosen).sum(axis=1)
    return places
