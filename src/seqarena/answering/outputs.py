"""Kinds of tasks that have a target: outputs that are written, and links between both sides."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqarena.answering.answers import Link, LinkAnswer, OutputAnswer, Written
from seqarena.answering.wanted import Wanted
from seqarena.answering.writing import (
    encoded_target,
    end_of,
    ended,
    symbol_names,
    target_names,
    written,
)
from seqarena.batch import Batch, Sequences, collate_all, sequences_of
from seqarena.data.manifest import Manifest
from seqarena.errors import DataError
from seqarena.families.family import AlignerFamily, Generation, TransducerFamily
from seqarena.families.neural import NeuralTransducer
from seqarena.networks.hypotheses import Hypotheses


def outputs_of(
    family: TransducerFamily,
    sequences: Sequences,
    targets: Sequence[str | None],
    manifest: Manifest,
    wanted: Wanted,
) -> tuple[list[OutputAnswer], Sequences]:
    """Return what each sequence is turned into; and the sequences with what maps are asked about.

    That is the target that was given, where one was, else the output.

    Raises:
        DataError: a beam is wanted of a family that has none, or a target is unknown.
    """
    batch = collate_all(sequences)
    generation = _generated(family, batch, manifest.schema.max_target_length, wanted)
    outputs = tokens_of(generation)
    with_output = _with_targets(sequences, [ended(each, manifest) for each in outputs])
    log_prob = family.log_prob(collate_all(with_output)).double().tolist()
    given = _encoded(targets, manifest)
    whole = _with_targets(
        sequences,
        [
            ended(own, manifest) if target is None else target
            for own, target in zip(outputs, given, strict=True)
        ],
    )
    told = family.log_prob(collate_all(whole)).double().tolist() if any(targets) else log_prob
    answers = [
        OutputAnswer(
            written(own.tolist(), manifest),
            target_names(own.tolist(), manifest),
            log_prob[row],
            end_of(manifest) in own,
            _several(generation.n_best, row, manifest),
            None if given[row] is None else told[row],
        )
        for row, own in enumerate(outputs)
    ]
    return answers, whole


def links_of(
    family: AlignerFamily,
    sequences: Sequences,
    targets: Sequence[str | None],
    manifest: Manifest,
) -> tuple[list[LinkAnswer], Sequences]:
    """Return the links of each pair of sequences; and the sequences with their targets.

    Raises:
        DataError: a target is missing or unknown; names its row.
    """
    for row, target in enumerate(targets):
        if target is None:
            raise DataError(
                f"row {row}: task {manifest.task!r} links a sentence with its translation, and no "
                "target came; give both."
            )
    given = [each for each in _encoded(targets, manifest) if each is not None]
    whole = _with_targets(sequences, given)
    batch = collate_all(whole)
    log_prob = family.log_prob(batch).double().tolist()
    answers = []
    for row, pairs in enumerate(family.links(batch)):
        ours = symbol_names(whole.sequence(row).tolist(), manifest)
        theirs = target_names(given[row].tolist(), manifest)
        links = (Link(s, t, ours[s], theirs[t]) for s, t in pairs.tolist())
        answers.append(LinkAnswer(tuple(links), log_prob[row]))
    return answers, whole


def tokens_of(generation: Generation) -> list[np.ndarray]:
    """Return the symbols of each output, without padding."""
    pairs = zip(generation.tokens.cpu().numpy(), generation.lengths.tolist(), strict=True)
    return [tokens[:length].astype(np.int64) for tokens, length in pairs]


def _generated(
    family: TransducerFamily, batch: Batch, max_length: int, wanted: Wanted
) -> Generation:
    """Let the family write as it was fitted to, or search with the beam that is wanted."""
    if not wanted.beam and wanted.n_best == 1:
        return family.generate(batch, max_length)
    if not isinstance(family, NeuralTransducer):
        raise DataError(
            f"beam, n_best: {type(family).__name__} writes in one way alone; leave both out."
        )
    decoding = family.decoding
    beam = wanted.beam or max(decoding.beam, wanted.n_best)
    decoding = decoding.model_copy(update={"beam": beam, "n_best": wanted.n_best})
    with family.answering(batch):
        found = family.network.search(batch, max_length, decoding)
    return Generation(*found.best(), found if wanted.n_best > 1 else None)


def _several(found: Hypotheses | None, row: int, manifest: Manifest) -> tuple[Written, ...] | None:
    if found is None:
        return None
    own = zip(
        found.tokens[row].tolist(),
        found.lengths[row].tolist(),
        found.log_prob[row].double().tolist(),
        found.scores[row].double().tolist(),
        strict=True,
    )
    return tuple(
        Written(
            written(tokens[:length], manifest),
            target_names(tokens[:length], manifest),
            log_prob,
            score,
        )
        for tokens, length, log_prob, score in own
        if length
    )


def _encoded(targets: Sequence[str | None], manifest: Manifest) -> list[np.ndarray | None]:
    found = []
    for row, target in enumerate(targets):
        try:
            found.append(None if target is None else encoded_target(target, manifest))
        except DataError as error:
            raise DataError(f"row {row}: {error}") from None
    return found


def _with_targets(sequences: Sequences, targets: list[np.ndarray]) -> Sequences:
    return replace(sequences, target=sequences_of(targets))
