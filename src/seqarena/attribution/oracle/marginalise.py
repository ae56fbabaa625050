"""What a model would say had it not seen a step, exactly: the observational map of influence.

Replacing a step asks what the model does with an input that never was; taking the step out of its
reckoning asks what the step tells it. Both are maps in the same unit, and differ.
"""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.attribution.influence.asking import asking
from seqarena.attribution.influence.divergence import jensen_shannon_bits
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle import marginal_states, marginal_symbols
from seqarena.attribution.oracle.marginal_classes import classes_without
from seqarena.attribution.oracle.oracle_model import OracleDensity
from seqarena.batch import Batch, Rows, Sequences, collate
from seqarena.errors import DataError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.family import Predictive
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.hidden_markov import HiddenMarkovModel
from seqarena.families.hidden_markov_tagger import HiddenMarkovTagger
from seqarena.families.markov_chain import MarkovChain
from seqarena.families.vector_quantiser import QuantisedClassifier
from seqarena.logspace import NATS_PER_BIT

Removed = Iterable[Float[Tensor, "_ output choice"]]
"""Probabilities of every choice at every output, some removed steps at a time."""


def marginalised(
    model: object, sequences: Sequences, rows: Rows
) -> tuple[InfluenceMap, ...] | None:
    """Return one map for each example; None: this kind of model cannot forget a step exactly.

    Hidden Markov models of any emission, Gaussian mixtures, Bayes classifiers over both, and Markov
    chains and oracles over at most `MAX_SYMBOLS` symbols can. Where the model calls what is left
    impossible, the map is not valid.

    Args:
        model: fitted.
        sequences: whose examples are asked about.
        rows: which of them.

    Raises:
        DataError: the examples have no labels, or no tags, by which a model of those is judged.
        NotFittedError: nothing was learned yet.
    """
    with asking(model):
        maps = [_map_of(model, collate(sequences, np.array([row]))) for row in rows]
    known = [one for one in maps if one is not None]
    return tuple(known) if len(known) == len(maps) else None


def _map_of(model: object, example: Batch) -> InfluenceMap | None:
    match model:
        case HiddenMarkovTagger():
            return _of_tags(model, example)
        case HiddenMarkovModel() if example.tokens is None:
            return _of_frames(marginal_states.step_log_prob_without(model, example))
        case HiddenMarkovModel():
            return of_symbols(model, example, marginal_states.symbols_without(model, example))
        case GaussianMixture():
            own = model.step_log_prob(example)
            return _of_frames(own.expand(own.shape[1] + 1, -1))
        case BayesClassifier():
            return _of_label(model, example)
        case QuantisedClassifier():
            return _of_label(model.inner, model.quantise(example))
        case OracleDensity():
            return _summed(model, example, model.process.n_symbols)
        case MarkovChain():
            return _summed(model, example, model.n_symbols)
        case _:
            return None


def of_symbols(model: Predictive, example: Batch, removed: Removed) -> InfluenceMap:
    """Return the map of a density of symbols.

    Args:
        model: what expects the symbols when it has seen all.
        example: a batch of one.
        removed: what it expects without each of the steps.
    """
    said = model.predictive_log_prob(example)[0].double().cpu()
    looks = torch.ones(len(said), len(said), dtype=torch.bool).tril(-1)
    return _compared(said, removed, _gold(example.tokens, "tokens"), looks)


def _summed(model: Predictive, example: Batch, n_symbols: int) -> InfluenceMap | None:
    if n_symbols > marginal_symbols.MAX_SYMBOLS:
        return None
    removed = marginal_symbols.symbols_without(model, example, n_symbols)
    return of_symbols(model, example, removed)


def _of_tags(model: HiddenMarkovTagger, example: Batch) -> InfluenceMap:
    said = model.tag_probs(example)[0].double().log()
    removed = marginal_states.states_without(model.model, example)
    looks = torch.ones(len(said), len(said), dtype=torch.bool)
    return _compared(said, [removed], _gold(example.tags, "tags"), looks)


def _of_label(model: BayesClassifier, example: Batch) -> InfluenceMap | None:
    removed = classes_without(model, example)
    if removed is None:
        return None
    said, looks = model.class_log_prob(example), torch.ones(1, len(removed), dtype=torch.bool)
    gold = _gold(None if example.labels is None else example.labels[None], "labels")
    return _compared(said, [removed.exp()[:, None]], gold, looks)


def _of_frames(log_prob: Float[Tensor, "time_plus_1 time"]) -> InfluenceMap:
    """Compare densities of frames, which have no bits; the last row has seen all."""
    change = (log_prob[-1] - log_prob[:-1]).T
    looks = torch.ones_like(change, dtype=torch.bool).tril(-1)
    return _assembled(None, change, looks)


def _compared(
    said: Float[Tensor, "output choice"],
    removed: Removed,
    gold: Int[Tensor, "output"],
    looks: Bool[Tensor, "output step"],
) -> InfluenceMap:
    """Compare what is said with all steps [nats] and without each of them (probabilities)."""
    effects, changes = [], []
    own = said.gather(1, gold[:, None])[:, 0]
    for some in removed:
        log_prob = some.log()
        effects.append(jensen_shannon_bits(said.expand_as(log_prob), log_prob))
        changes.append(own - log_prob.gather(2, gold.expand(len(some), -1)[:, :, None])[:, :, 0])
    return _assembled(torch.cat(effects).T, torch.cat(changes).T / NATS_PER_BIT, looks)


def _assembled(
    effect: Float[Tensor, "output step"] | None,
    change: Float[Tensor, "output step"],
    looks: Bool[Tensor, "output step"],
) -> InfluenceMap:
    """Make the record: 0 where a model cannot look, or where something is impossible."""
    valid = looks & change.isfinite()
    if effect is not None:
        valid = valid & effect.isfinite()
    return InfluenceMap(
        effect=None if effect is None else _known(effect, valid),
        change=_known(change, valid),
        version="marginalised",
        unit="nats" if effect is None else "bits",
        valid=None if bool(valid.all()) else valid.numpy(),
    )


def _known(values: Tensor, valid: Tensor) -> Float[np.ndarray, "output step"]:
    return np.asarray(values.where(valid, 0.0).cpu().numpy())


def _gold(gold: Tensor | None, name: str) -> Int[Tensor, "output"]:
    if gold is None:
        raise DataError(f"the batch has no {name} to judge by.")
    return gold[0].cpu()
