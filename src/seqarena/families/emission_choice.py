"""From settings and a schema to what a hidden state emits."""

from typing import Literal, assert_never

from seqarena.errors import DataError
from seqarena.families.emissions import (
    BernoulliEmission,
    CategoricalEmission,
    Emission,
    FrameEmission,
    GaussianEmission,
    MixtureEmission,
    PoissonEmission,
)
from seqarena.families.hidden_markov_config import HiddenMarkovConfig
from seqarena.schema import DataSchema


def build_emission(config: HiddenMarkovConfig, schema: DataSchema) -> Emission:
    """Return the emission of a model that has learned nothing yet.

    Raises:
        DataError: the schema lacks a size, or the engine cannot fit what its data calls for.
    """
    kind = emission_kind(config, schema)
    obstacle = config.engine_obstacle(kind)
    if obstacle is not None:
        raise DataError(f"engine: hmmlearn cannot fit this task's frames: {obstacle}.")
    if kind == "categorical":
        if schema.n_symbols is None:
            raise DataError("a schema must say n_symbols or dim; this one says neither.")
        return CategoricalEmission(config.n_states, schema.n_symbols, config.pseudo_count)
    if schema.dim is None:
        raise DataError(f"emission: {kind} needs frames; this schema says no dim.")
    if config.n_components == 1:
        return _frame_emission(config, kind, config.n_states, schema.dim)
    parts = _frame_emission(config, kind, config.n_states * config.n_components, schema.dim)
    return MixtureEmission(parts, config.n_states, config.n_components, config.pseudo_count)


def emission_kind(
    config: HiddenMarkovConfig, schema: DataSchema
) -> Literal["categorical", "gaussian", "bernoulli", "poisson"]:
    """Return what the states emit, "auto" resolved by what the task says of its data."""
    if config.emission != "auto":
        return config.emission
    if schema.dim is None:
        return "categorical"
    match schema.frame_kind:
        case "real":
            return "gaussian"
        case "binary":
            return "bernoulli"
        case "count":
            return "poisson"
        case _:
            assert_never(schema.frame_kind)


def _frame_emission(
    config: HiddenMarkovConfig,
    kind: Literal["gaussian", "bernoulli", "poisson"],
    n: int,
    dim: int,
) -> FrameEmission:
    match kind:
        case "gaussian":
            return GaussianEmission(n, dim, config.covariance, config.variance_floor)
        case "bernoulli":
            return BernoulliEmission(n, dim, config.pseudo_count)
        case "poisson":
            return PoissonEmission(n, dim, config.pseudo_count)
        case _:
            assert_never(kind)
