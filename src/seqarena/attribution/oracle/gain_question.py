"""How far back a family looks beside how far back there is anything to see, as a few numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqarena.attribution.oracle.context_gain import context_gain
from seqarena.attribution.oracle.oracle_model import OracleDensity
from seqarena.attribution.probes import probe_rows
from seqarena.batch import Sequences, collate_all
from seqarena.families.predictive import SaysSteps

CONTEXTS = (0, 1, 2, 3, 4, 8)
"""Steps of context that are tried, where sequences are twice as long."""
GAIN, TRUE_GAIN = "attn/context_gain", "attn/oracle/context_gain"

Gains = dict[str, float]


@dataclass(frozen=True)
class GainQuestion:
    """What every density of a task with a known process is asked, and what that answers itself."""

    sequences: Sequences
    lengths: tuple[int, ...]
    true: Mapping[str, float] = field(default_factory=dict)
    """`attn/oracle/context_gain/<k>` [bits]."""

    @classmethod
    def of(
        cls, oracle: OracleDensity, sequences: Sequences, most_steps: int
    ) -> "GainQuestion | None":
        """Choose examples, as many as may be read with every length of context, and ask the oracle.

        Args:
            oracle: the true process.
            sequences: of the split that judges.
            most_steps: of all inputs that are read about one model. None: there is no room for one
                example, or no sequence is long enough.
        """
        longest = int(sequences.lengths.max())
        lengths = tuple(length for length in CONTEXTS if 2 * length < longest)
        per_example = sum(length + 1 for length in lengths) * max(longest - lengths[-1], 1)
        rows = probe_rows(sequences, most_steps // per_example)
        if not len(rows) or not _has_outputs(chosen := sequences.select(rows), lengths[-1]):
            return None
        return cls(chosen, lengths, _named(_gains(oracle, chosen, lengths), TRUE_GAIN))

    def summary_of(self, model: object) -> Gains:
        """Return `attn/context_gain/<k>` of a model, and the same of the true process [bits].

        Nothing of a model that is no density.

        Raises:
            ArtifactError: the model is in training mode.
        """
        if not isinstance(model, SaysSteps):
            return {}
        own = _named(_gains(model, self.sequences, self.lengths), GAIN)
        return {**own, **self.true}


def _gains(model: SaysSteps, sequences: Sequences, lengths: tuple[int, ...]) -> dict[int, float]:
    mean = context_gain(model, collate_all(sequences), lengths).mean
    return dict(zip(lengths, mean.tolist(), strict=True))


def _named(gains: Mapping[int, float], prefix: str) -> Gains:
    return {f"{prefix}/{length}": gain for length, gain in gains.items()}


def _has_outputs(sequences: Sequences, longest: int) -> bool:
    """Say whether any scored output has so many steps before it."""
    return bool(collate_all(sequences).scored[:, longest:].any())
