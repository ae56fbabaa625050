"""Fits that begin from an earlier one: which families can, and on which data.

A gradient fit begins at the earlier parameters, with a fresh optimiser and its whole schedule; a
fit by EM climbs from them, so that its training objective is never below theirs on the new data.
Neither is a free gain: networks that go on may end worse than ones that start anew (Ash & Adams
2020), and EM stays on the hill where it is.
"""

from pathlib import Path
from typing import Protocol, runtime_checkable

from seqarena.errors import ConfigError
from seqarena.families.catalogue import AnyFamily, AnyFamilyConfig
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov_config import HiddenMarkovConfig
from seqarena.families.neural import AttentionConfig, RecurrentConfig, TransformerConfig
from seqarena.families.store import load_family
from seqarena.schema import TaskKind

_EXACT = "is fitted exactly, by counting or by keeping examples: a start changes nothing"


@runtime_checkable
class NamesAlphabets(Protocol):
    """A manifest, as far as parameters depend on it."""

    @property
    def symbols(self) -> tuple[str, ...] | None:
        """What each input token stands for."""
        ...

    @property
    def target_symbols(self) -> tuple[str, ...] | None:
        """What each target token stands for."""
        ...

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The labels."""
        ...

    @property
    def tag_names(self) -> tuple[str, ...] | None:
        """The tags."""
        ...


def start_obstacle(config: AnyFamilyConfig, task_kind: TaskKind) -> str | None:
    """Return why a family cannot begin from an earlier fit, or None."""
    match config:
        case RecurrentConfig() | TransformerConfig() | AttentionConfig():
            return None
        case HiddenMarkovConfig() if task_kind == "tagging":
            return _EXACT
        case HiddenMarkovConfig() if config.n_restarts > 1:
            return "has several starts (n_restarts), and an earlier fit is one"
        case HiddenMarkovConfig() | GaussianMixtureConfig() if config.stepwise is not None:
            return "is fitted stepwise, whose first update forgets where it began"
        case HiddenMarkovConfig() | GaussianMixtureConfig() if config.engine != "seqarena":
            return f"is fitted by {config.engine}, which takes its own start"
        case HiddenMarkovConfig() | GaussianMixtureConfig():
            return None
        case _ if config.kind in ("aligner", "word_recogniser"):
            return "is fitted through a sequence of models, each of which starts the next"
        case _:
            return _EXACT


def begin_from(family: AnyFamily, fit: Path, now: NamesAlphabets, then: NamesAlphabets) -> None:
    """Put the parameters of an earlier fit into a family that was built anew.

    Args:
        family: of the same settings.
        fit: folder of the earlier fit.
        now: names of the data that will be fitted.
        then: names of the data that the earlier fit was of.

    Raises:
        ConfigError: alphabets or labels changed, or the earlier fit has other parameters.
        ArtifactError: its files are missing or altered.
    """
    for what in ("symbols", "target_symbols", "class_names", "tag_names"):
        if getattr(now, what) != getattr(then, what):
            raise ConfigError(
                [
                    f"{fit}: a fit cannot begin from it: the {what.replace('_', ' ')} changed, so "
                    "its parameters stand for others; start anew (without --warm-start)."
                ]
            )
    earlier = load_family(fit).state_dict()
    own = family.state_dict()
    shapes = ({name: each.shape for name, each in state.items()} for state in (earlier, own))
    if len({tuple(sorted((n, tuple(s)) for n, s in each.items())) for each in shapes}) > 1:
        raise ConfigError(
            [
                f"{fit}: a fit cannot begin from it: its model has parameters of other names or "
                "shapes; start anew, or keep the settings of the family."
            ]
        )
    family.load_state_dict(earlier)
