"""Under which rules a number came about: numbers with unlike stamps are never set side by side.

A part that belongs to the task has to agree: data, vocabulary, tokeniser, what is context and what
is scored, candidates, budget, which model of a fit is kept, and what exactly the metric computes. A
part that belongs to the family (how it decodes) may differ, for it is among what is compared; it is
told beside the number.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqarena.errors import ArtifactError

_DIGITS = 16
_SHOWN = 60


@dataclass(frozen=True)
class Stamp:
    """The rules behind a number, in words and short hashes."""

    rules: Mapping[str, str]
    """What has to agree, by what it is about."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """What may differ between families."""

    @property
    def digest(self) -> str:
        """16 hex digits of the rules."""
        return short_hash(dict(self.rules))

    def unlike(self, other: "Stamp") -> list[str]:
        """Say in which rules two stamps differ, a line each; nothing where they agree."""
        names = sorted({*self.rules, *other.rules})
        return [
            f"{name}: {_shown(self.rules.get(name))} against {_shown(other.rules.get(name))}"
            for name in names
            if self.rules.get(name) != other.rules.get(name)
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return what stands in metrics.json."""
        return {"stamp": self.digest, "rules": dict(self.rules), "choices": dict(self.choices)}

    @classmethod
    def from_dict(cls, content: object, where: str) -> "Stamp":
        """Read what `as_dict` gave.

        Raises:
            ArtifactError: it is missing, or its rules are not those that the hash was made of.
        """
        if not isinstance(content, dict) or not {"stamp", "rules", "choices"} <= set(content):
            raise ArtifactError(
                f"{where}: has no protocol stamp, so it was evaluated by an older seqarena; "
                "evaluate the experiment again (`seqarena repro`)."
            )
        stamp = cls(content["rules"], content["choices"])
        if stamp.digest != content["stamp"]:
            raise ArtifactError(
                f"{where}: its stamp is {content['stamp']}, that of the rules beside it is "
                f"{stamp.digest}; the file was altered. Evaluate the experiment again."
            )
        return stamp


def short_hash(content: object) -> str:
    """Return 16 hex digits of JSON-ready content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _shown(value: str | None) -> str:
    if value is None:
        return "nothing"
    return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
