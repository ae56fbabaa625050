"""What a model is asked beyond its maps: again, with gradients, and under interventions."""

import numpy as np

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.diagnostics.decision_measures import (
    asker,
    erasure_measures,
    flip_measures,
)
from seqarena.attribution.diagnostics.gradient_measures import gradient_measures
from seqarena.attribution.diagnostics.intervention_measures import (
    adversarial_measures,
    intervention_measures,
)
from seqarena.attribution.diagnostics.measures import Measures
from seqarena.attribution.diagnostics.pattern_measures import pattern_measures
from seqarena.attribution.diagnostics.places import Places, places_of
from seqarena.attribution.diagnostics.predictions import can_predict
from seqarena.attribution.diagnostics.questions import Questions, Which
from seqarena.attribution.diagnostics.rankings import rankings_of
from seqarena.attribution.influence.asking import refuse_training_mode
from seqarena.families.fitted_network import Neural
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.language_model import LanguageModel
from seqarena.tasks.diagnostics import DiagnosticsConfig


def asked_measures(questions: Questions) -> list[Measures]:
    """Return all that takes passes through the model, on probes of at most `max_steps` steps.

    Raises:
        ArtifactError: the model is in training mode.
    """
    model, config = questions.model, questions.config
    refuse_training_mode(model)
    short = questions.short()
    measures = pattern_scores_of(model, config)
    if len(short):
        places = _places(questions, short)
        few = short[: config.n_intervened]
        measures += _of_weights(questions, places, short, few)
        measures += _of_decisions(questions, places, few)
    return measures


def pattern_scores_of(model: object, config: DiagnosticsConfig) -> list[Measures]:
    """Return the scores of the heads of a density over symbols; nothing of any other model."""
    if not (isinstance(model, Neural) and isinstance(model.network, LanguageModel)):
        return []
    schema = model.schema
    if not (config.n_repeated and schema.n_symbols):
        return []
    longest = min(schema.max_length, schema.stream_window or schema.max_length)
    return pattern_measures(model, schema.n_symbols, longest, config.n_repeated, config.seed)


def _places(questions: Questions, short: Which) -> Places:
    """Return where weights are made, asked of the shortest probe in which a step can look back."""
    if not any(one.kind == "weights" for maps in questions.capture.maps for one in maps):
        return {}
    steps = np.array([questions.capture.probes[at].n_steps for at in short])
    shortest = short[np.argsort(np.where(steps > 1, steps, steps.max() + 1), kind="stable")[:1]]
    return places_of(questions.model, questions.batch(shortest))


def _of_weights(questions: Questions, places: Places, short: Which, few: Which) -> list[Measures]:
    model, config = questions.model, questions.config
    if not places or not isinstance(model, HasNativeMaps):
        return []
    measures: list[Measures] = []
    if config.gradients:
        measures += gradient_measures(model, places, questions.batch(short), questions.ids(short))
    if not (len(few) and can_predict(model)):
        return measures
    batch, ids = questions.batch(few), questions.ids(few)
    n_heads = {one.name: len(one.values) for maps in questions.capture.maps for one in maps}
    measures += intervention_measures(model, places, n_heads, batch, ids, config)
    if config.adversarial_variation:
        measures += adversarial_measures(model, places, batch, ids, config)
    return measures


def _of_decisions(questions: Questions, places: Places, few: Which) -> list[Measures]:
    if not len(few):
        return []
    ask, measures = asker(questions.model, questions.batch(few[:1])), list[Measures]()
    can_flip = isinstance(questions.model, Neural) and isinstance(
        questions.model.network, SequenceClassifier
    )
    for at in few if ask is not None else ():
        probe, rankings = questions.capture.probes[at], rankings_of(questions, places, int(at))
        about = (questions.sequences, int(at), rankings, probe.id)
        if ask is not None and len(rankings) > 1:
            measures += erasure_measures(ask, *about)
        if places and can_flip and questions.config.flips:
            (*_, attention) = places.values()
            measures += flip_measures(questions.model, attention, *about)
    return measures
