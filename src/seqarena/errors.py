"""Every error that seqarena raises on purpose, and the one warning that it gives.

    SeqarenaError
    ├── ConfigError        a setting in params.yaml is wrong
    ├── DataError          data is wrong (also a ValueError)
    ├── ArtifactError      a file that seqarena wrote is missing, truncated or altered
    ├── NotFittedError     a model was asked before it was fitted
    ├── ConvergenceError   fitting produced a non-finite loss, or a falling likelihood
    └── ResourceError      the machine has too little of something: memory

    SeqarenaWarning        something odd was asked for; it is done, and the warning says how

Each message says where, what came, what was expected, and what to do.
"""


class SeqarenaError(Exception):
    """Root of every deliberate error."""


class ConfigError(SeqarenaError):
    """Settings that cannot be run; `mistakes` holds one line for each."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


class DataError(SeqarenaError, ValueError):
    """Data that cannot be used as it stands."""


class ArtifactError(SeqarenaError):
    """A stored file is missing, truncated, or not the one that was written."""


class NotFittedError(SeqarenaError):
    """A model was asked for an answer before it was fitted."""


class ConvergenceError(SeqarenaError):
    """Fitting left the finite numbers, or its objective fell where theory says it cannot."""


class ResourceError(SeqarenaError):
    """The machine has less of something than the work needs."""


class SeqarenaWarning(UserWarning):
    """Something odd was asked for: the work goes on, and the message says what will happen."""
