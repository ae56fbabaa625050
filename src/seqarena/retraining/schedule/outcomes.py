"""What can become of a tick."""

from types import MappingProxyType
from typing import Literal, get_args

Outcome = Literal[
    "succeeded",
    "rejected",
    "refused",
    "busy",
    "failed",
    "timed_out",
    "abandoned",
    "killed",
    "missed",
    "skipped",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

MEANING: dict[Outcome, str] = {
    "succeeded": "the command ended with exit code 0",
    "rejected": "the challenger did not pass the gate; the champion serves on",
    "refused": "the data cannot be used; the champion serves on",
    "busy": "a retraining that something else started was going on",
    "failed": "the command ended with another exit code, or could not be started",
    "timed_out": "it was ended because it ran longer than its time limit",
    "abandoned": "it was ended because the scheduler was told to stop",
    "killed": "somebody else ended it, or the scheduler above it",
    "missed": "it could not begin in time, and was not begun",
    "skipped": "the run before it was still going, and it was not begun",
}
"""One line for each, for a page that explains itself."""

TROUBLES: frozenset[Outcome] = frozenset({"refused", "failed", "timed_out", "killed", "missed"})
"""Those that somebody should look at."""

RETRAIN_CODES: MappingProxyType[int, Outcome] = MappingProxyType(
    {3: "rejected", 4: "refused", 5: "busy"}
)
"""What the exit codes of `seqarena retrain` mean, beside 0."""
