"""What every family keeps, whoever wrote it: each check answers with a complaint, or None."""

import tempfile
from itertools import product
from pathlib import Path

import numpy as np
import torch

from seqarena.batch import collate, collate_all, sequences_of
from seqarena.errors import NotFittedError
from seqarena.experiment.contract_case import CLOSE, Case, Check, answer, fitted_case, not_one
from seqarena.experiment.contract_data import N_SYMBOLS
from seqarena.experiment.predictive_contract import OF_OUTPUTS
from seqarena.families.catalogue import build_family
from seqarena.families.family import (
    AlignerFamily,
    ClassifierFamily,
    DensityFamily,
    RecommenderFamily,
    TaggerFamily,
    TransducerFamily,
)
from seqarena.families.store import load_family, save_family

_PROTOCOLS = {
    "density": DensityFamily,
    "recommendation": RecommenderFamily,
    "classification": ClassifierFamily,
    "tagging": TaggerFamily,
    "transduction": TransducerFamily,
    "alignment": AlignerFamily,
}


def refuses_before_fitting(case: Case) -> str | None:
    """Asking before fitting is an error."""
    family = build_family(case.config, case.data.schema, 0)
    try:
        answer(family, collate_all(case.data.train))
    except NotFittedError:
        return None
    return "it answered; raise NotFittedError (families.guards.require_fitted does)"


def answers_as_its_task_asks(case: Case) -> str | None:
    """A family answers as its task asks."""
    protocol = _PROTOCOLS[case.data.schema.task_kind]
    if isinstance(case.family, protocol):
        return None
    return f"{type(case.family).__name__} lacks a method of families.family.{protocol.__name__}"


def reports_what_it_cost(case: Case) -> str | None:
    """The report of a fit is measured."""
    report = case.report
    doubts = {
        "n_epochs": report.n_epochs >= 1,
        "n_parameters": report.n_parameters > 0,
        "wall_seconds": report.wall_seconds > 0,
        "peak_memory_bytes": report.peak_memory_bytes > 10_000_000,
        "padding_share": 0 <= report.padding_share < 1,
        "train_loss": report.train_loss is not None and bool(np.isfinite(report.train_loss)),
    }
    wrong = [f"{name} is {getattr(report, name)}" for name, fine in doubts.items() if not fine]
    return "; ".join(wrong) or None


def survives_the_store(case: Case) -> str | None:
    """Saved and loaded, it answers the same."""
    batch = collate_all(case.data.train)
    with tempfile.TemporaryDirectory() as folder:
        save_family(Path(folder), case.family, case.config, case.data.schema, {})
        loaded = load_family(Path(folder), type(case.config))
    if torch.equal(answer(loaded, batch), answer(case.family, batch)):
        return None
    return "it answers otherwise; all that is learned belongs into parameters or buffers"


def is_a_function_of_its_seed(case: Case) -> str | None:
    """The same seed gives the same parameters, and leaves global randomness alone."""
    before = _global_randomness()
    with tempfile.TemporaryDirectory() as scratch:
        again = fitted_case(case.config, case.data, Path(scratch)).family.state_dict()
    if _global_randomness() != before:
        return "a global generator moved; draw from the generator of `build`, or from setting.seed"
    for name, value in case.family.state_dict().items():
        if not torch.equal(value, again[name]):
            return f"{name} differs between two fits of seed 0"
    return None


def ignores_padding_and_company(case: Case) -> str | None:
    """Padding and company never matter."""
    train = case.data.train
    together = answer(case.family, collate_all(train))
    alone = [answer(case.family, collate(train, np.array([row]))) for row in range(len(train))]
    if torch.allclose(together, torch.cat(alone), rtol=CLOSE, atol=CLOSE):
        return None
    worst = float((together - torch.cat(alone)).abs().max())
    return f"an answer moves by {worst:.3g} nats when the sequence is alone; use batch.mask"


def shares_one_among_labels(case: Case) -> str | None:
    """The probabilities of the labels sum to one."""
    if not isinstance(case.family, ClassifierFamily):
        return None
    sums = case.family.class_log_prob(collate_all(case.data.train)).exp().sum(dim=1)
    return not_one(sums, CLOSE)


def shares_one_among_tags(case: Case) -> str | None:
    """The probabilities of all tags of a sequence sum to one, and to those of each step."""
    if not isinstance(case.family, TaggerFamily):
        return None
    row = int(np.flatnonzero(case.data.train.lengths == 3)[0])
    paths = [np.array(each) for each in product(range(3), repeat=3)]
    every = sequences_of([case.data.train.sequence(row)] * len(paths), tags=paths)
    probs = case.family.log_prob(collate_all(every)).double().exp()
    if (wrong := not_one(probs.sum(), CLOSE)) is not None:
        return wrong
    # Summed over the tags of all other steps, they are those of each step.
    steps = [
        probs[torch.tensor([path[step] == tag for path in paths])].sum()
        for step in range(3)
        for tag in range(3)
    ]
    found = case.family.tag_probs(collate(every, np.array([0])))[0].double()
    if torch.allclose(found, torch.stack(steps).view(3, 3), atol=CLOSE, rtol=0):
        return None
    return "tag_probs is not what log_prob sums to at each step"


def tags_the_same_in_company(case: Case) -> str | None:
    """A tagger chooses the same tags alone and in company, and 0 on padding."""
    if not isinstance(case.family, TaggerFamily):
        return None
    train = case.data.train
    together = case.family.tag(collate_all(train))
    for row, length in enumerate(train.lengths):
        alone = case.family.tag(collate(train, np.array([row])))[0]
        if not torch.equal(together[row, :length], alone):
            return f"sequence {row} gets other tags alone"
        if together[row, length:].any():
            return f"sequence {row} has tags on its padding"
    return None


def shares_one_among_sequences(case: Case) -> str | None:
    """The probabilities of all short sequences of one length sum to one."""
    if not isinstance(case.family, DensityFamily) or case.data.input_kind == "frames":
        return None
    for length in (1, 2, 4):
        every = [np.array(each) for each in product(range(N_SYMBOLS), repeat=length)]
        log_prob = case.family.log_prob(collate_all(sequences_of(every)))
        if (wrong := not_one(log_prob.double().exp().sum(), CLOSE)) is not None:
            return f"of length {length}, {wrong}"
    return None


def never_looks_ahead(case: Case) -> str | None:
    """The future never changes the past."""
    if not isinstance(case.family, DensityFamily):
        return None
    # Frames are made of the two bits of each symbol.
    bits = np.array([[0, 0], [0, 1], [1, 0]], dtype=np.float32)
    symbols = [np.array([0, 1, 2, *end]) for end in ([0, 0], [2, 1])]
    steps = [bits[each] if case.data.input_kind == "frames" else each for each in symbols]
    both = [collate_all(sequences_of([each])) for each in steps]
    one, other = (case.family.step_log_prob(batch)[0, :3] for batch in both)
    if torch.allclose(one, other, atol=1e-6, rtol=0):
        return None
    return "log-probabilities of three steps change with the steps after them"


def ranks_what_it_would_append(case: Case) -> str | None:
    """Each symbol is as probable as the next one as when it is appended."""
    if not isinstance(case.family, RecommenderFamily) or case.data.input_kind == "frames":
        return None
    histories = [[0], [2, 1], [1, 1, 0, 2], [2, 0, 0]]
    batch = collate_all(sequences_of([np.array(each) for each in histories]))
    for found, history in zip(case.family.next_log_prob(batch), histories, strict=True):
        longer = sequences_of([np.array([*history, symbol]) for symbol in range(N_SYMBOLS)])
        steps = case.family.step_log_prob(collate_all(longer))[:, -1].to(found.dtype)
        if not torch.allclose(found, steps, atol=CLOSE, rtol=CLOSE):
            worst = float((found - steps).abs().max())
            return f"after {history}, next_log_prob and step_log_prob differ by {worst:.3g} nats"
    return None


CHECKS: tuple[Check, ...] = (
    refuses_before_fitting,
    answers_as_its_task_asks,
    reports_what_it_cost,
    survives_the_store,
    is_a_function_of_its_seed,
    ignores_padding_and_company,
    shares_one_among_labels,
    shares_one_among_tags,
    tags_the_same_in_company,
    shares_one_among_sequences,
    never_looks_ahead,
    ranks_what_it_would_append,
    *OF_OUTPUTS,
)


def _global_randomness() -> tuple[bytes, bytes]:
    # It is the state that must not move.
    numbers = np.random.get_state(legacy=False)["state"]["key"]  # noqa: NPY002
    return torch.random.get_rng_state().numpy().tobytes(), np.asarray(numbers).tobytes()
