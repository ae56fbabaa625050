"""Which knob makes a family wider or narrower."""

from dataclasses import dataclass

from pydantic import ValidationError

from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.catalogue import AnyFamilyConfig
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov_config import HiddenMarkovConfig
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.own_family import OwnFamilyConfig
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.families.word_recogniser_config import WordRecogniserConfig
from seqarena.schema import InputKind, TaskKind

_WIDEST_HEAD = 4096
"""Numbers below which some width suits every configuration that any width suits."""


@dataclass(frozen=True)
class Width:
    """A knob, and the values that it may have."""

    knob: str
    first: int
    """Narrowest value that the other settings allow."""
    step: int
    """Distance of the values: a width may have to be a multiple of the number of heads."""

    def at(self, place: int) -> int:
        """Return the value with so many narrower ones."""
        return self.first + place * self.step


def width_knob(
    config: AnyFamilyConfig, task_kind: TaskKind, input_kind: InputKind
) -> tuple[str | None, str]:
    """Return the knob that is the width of a family; or None, and why there is none.

    A family of a user's own has one if it calls it `model_dim`.
    """
    match config:
        case RecurrentConfig() | TransformerConfig() | AttentionConfig():
            return "model_dim", ""
        case HiddenMarkovConfig() if task_kind == "tagging":
            return None, "the states of a tagger are the tags"
        case HiddenMarkovConfig() | WordRecogniserConfig():
            return "n_states", ""
        case GaussianMixtureConfig():
            return "n_components", ""
        case MarkovChainConfig() if input_kind == "frames":
            return None, "which codes a codebook of frames gives is known after the fit"
        case MarkovChainConfig():
            return "order", ""
        case OwnFamilyConfig() if "model_dim" in type(config).model_fields:
            return "model_dim", ""
        case _:
            return None, "it has no knob for its width"


def no_width(experiment: str, kind: str, why: str) -> str:
    """Say that an experiment cannot keep to a budget of parameters."""
    return (
        f"experiments.{experiment}: {kind} has no width that can be solved for budget.parameters "
        f"({why}); name the experiment under budget.exempt, which the report says, or leave it out."
    )


def width_of(config: AnyFamilyConfig, knob: str) -> Width | None:
    """Return the values of a width, or None where the other settings allow none."""
    lowest = 0 if isinstance(config, MarkovChainConfig) else 1
    first = next((v for v in range(lowest, _WIDEST_HEAD) if is_allowed(config, knob, v)), None)
    if first is None:
        return None
    return Width(knob, first, first if knob == "model_dim" else 1)


def with_width(config: AnyFamilyConfig, knob: str, value: int) -> AnyFamilyConfig:
    """Return the settings with another width; all else is as it was, and checked again.

    Raises:
        ValidationError: the other settings do not allow it.
    """
    given = config.model_dump(exclude_unset=True)
    found: AnyFamilyConfig = type(config).model_validate({**given, knob: value})
    return found


def is_allowed(config: AnyFamilyConfig, knob: str, value: int) -> bool:
    """Return whether the other settings allow a width."""
    try:
        with_width(config, knob, value)
    except ValidationError:
        return False
    return True
