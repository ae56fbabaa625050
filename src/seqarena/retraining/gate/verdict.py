"""What a rule of the gate says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Result = Literal["passed", "failed", "not applicable"]


@dataclass(frozen=True)
class Verdict:
    """One rule, what it says, and the numbers that it says it by."""

    rule: str
    result: Result
    words: str
    numbers: dict[str, float | int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return {
            "rule": self.rule,
            "result": self.result,
            "words": self.words,
            "numbers": self.numbers,
        }

    def line(self) -> str:
        """Return it as a line of a terminal."""
        return f"{self.result:>14}  {self.rule}: {self.words}"


def judged(rule: str, passed: bool, words: str, **numbers: float | int) -> Verdict:
    """Return the verdict of a rule that could be applied."""
    return Verdict(rule, "passed" if passed else "failed", words, numbers)


def not_applicable(rule: str, why: str) -> Verdict:
    """Return the verdict of a rule that has nothing to judge."""
    return Verdict(rule, "not applicable", why)


def failed(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return those that failed: where there is one, nothing is promoted."""
    return tuple(each for each in verdicts if each.result == "failed")
