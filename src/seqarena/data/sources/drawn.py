"""What the generated tasks share: how much is drawn, from which seed."""

from pydantic import Field

from seqarena.data.manifest import BestPossible, Provenance
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.splits import Split


class DrawnConfig(SourceConfig):
    """Sizes of the three splits, and the seed that all of them are drawn from."""

    n_train: int = Field(default=10_000, ge=1)
    """Training sequences."""
    n_valid: int = Field(default=500, ge=1)
    """Validation sequences."""
    n_test: int = Field(default=1_000, ge=1)
    """Test sequences."""
    seed: int = Field(default=0, ge=0)
    """Seed of the sequences."""

    def sizes(self) -> dict[Split, int]:
        """Return how many sequences each split has."""
        return dict(zip(Split, (self.n_train, self.n_valid, self.n_test), strict=True))


def generated(what: str, citation: str) -> Provenance:
    """Say that a task was made up."""
    return Provenance(
        description=f"synthetic: {what}, from a recorded seed",
        licence="none needed",
        citation=citation,
    )


def certain(unit: str) -> BestPossible:
    """Return a best possible value of 1: the rule is known, and nothing is noise."""
    return BestPossible(
        value=1.0,
        unit=unit,
        standard_error=0.0,
        lower=1.0,
        upper=1.0,
        how="the answer follows from the input without doubt",
    )
