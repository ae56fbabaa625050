"""What every source hands over."""

from dataclasses import dataclass, field

from seqarena.data.manifest import BestPossible, Fact, Provenance
from seqarena.data.part import Parts
from seqarena.schema import DataSchema


@dataclass(frozen=True)
class SourceData:
    """Three parts and what is known about them; lengths in the schema are filled in later."""

    schema: DataSchema
    parts: Parts
    provenance: Provenance
    protocol: dict[str, Fact]
    symbols: tuple[str, ...] | None = None
    target_symbols: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    best_possible: BestPossible | None = None
    counts: dict[str, int] = field(default_factory=dict)
