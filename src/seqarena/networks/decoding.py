"""Settings of decoding: how an output is looked for, given the probabilities of a transducer."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.errors import ConfigError


class DecodingConfig(BaseModel):
    """How a transducer writes. The defaults are greedy: the likeliest symbol, again and again."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    beam: int = Field(default=1, ge=1)
    """Unfinished outputs that are followed at once; 1: greedy."""
    length_penalty: float = Field(default=0.6, ge=0)
    """Exponent a of the length in a finished output's score, log p(y | x) / ((5 + |y|) / 6)^a (Wu
    et al. 2016, eq. 14); 0: the log-probability itself, which favours short outputs. A beam of 1
    has nothing to compare, and does not need it."""
    min_length: int = Field(default=0, ge=0)
    """Symbols that come before the end symbol at least; 0: an output may be empty."""
    no_repeat_ngram: int = Field(default=0, ge=0)
    """Length of the runs of symbols that no output may hold twice (Paulus et al. 2018, section
    2.5); 1: every symbol once; 0: anything may be repeated."""
    n_best: int = Field(default=1, ge=1)
    """Outputs that are kept for each input, best first; at most `beam`."""

    @field_validator("n_best")
    @classmethod
    def _fit_the_beam(cls, n_best: int, info: Any) -> int:
        beam = info.data.get("beam")
        if beam is not None and n_best > beam:
            raise ValueError(
                f"{n_best} outputs cannot be kept by a beam of {beam}; "
                f"set beam to at least {n_best}, or n_best to at most {beam}."
            )
        return n_best

    @property
    def forbids_nothing(self) -> bool:
        """Whether every symbol may come anywhere."""
        return self.min_length == 0 and self.no_repeat_ngram == 0

    @property
    def is_greedy(self) -> bool:
        """Whether nothing is compared and nothing is forbidden."""
        return self.beam == 1 and self.forbids_nothing


def require_room(decoding: DecodingConfig, max_length: int) -> None:
    """Raise unless an output of `max_length` symbols can be as long as the settings want.

    Raises:
        ConfigError: the end symbol could never come.
    """
    if decoding.min_length >= max_length > 0:
        raise ConfigError(
            [
                f"decoding.min_length: {decoding.min_length} symbols and the end symbol do not fit "
                f"into outputs of at most {max_length} symbols (the longest target of the data); "
                f"set it to at most {max_length - 1}."
            ]
        )
