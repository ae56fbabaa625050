"""What a knob is drawn from in a random search: `search` in params.yaml."""

import math
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from seqarena.seeds import numpy_generator

_Ends = Annotated[tuple[float, float], Field(strict=False)]
_WholeEnds = Annotated[tuple[int, int], Field(strict=False)]


class Distribution(BaseModel):
    """One of these; both ends belong to a range."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    choice: list[Any] | None = Field(default=None, min_length=1)
    """Each of these values is as probable as any other."""
    uniform: _Ends | None = None
    """A number between the two."""
    log_uniform: _Ends | None = None
    """A number between the two, whose logarithm is uniform: for learning rates."""
    integers: _WholeEnds | None = None
    """A whole number from the first to the second."""

    @model_validator(mode="after")
    def _is_one(self) -> "Distribution":
        given = self.model_dump(exclude_none=True)
        if len(given) != 1:
            told = ", ".join(given) or "none"
            raise ValueError(
                f"got {told}; expected one of choice, uniform, log_uniform and integers."
            )
        ends = self._ends
        if ends is not None and not ends[0] < ends[1]:
            raise ValueError(f"got {list(ends)}; expected the lower end, then the upper one.")
        if self.log_uniform is not None and self.log_uniform[0] <= 0:
            raise ValueError(f"log_uniform: got {list(self.log_uniform)}; expected ends above 0.")
        return self

    @property
    def extremes(self) -> list[Any]:
        """Values that stand for all that can be drawn: every choice, or both ends."""
        return list(self.choice or self._ends or ())

    def draw(self, seed: int, *purpose: str | int) -> Any:
        """Return a value that is a function of the seed and the purpose alone."""
        generator = numpy_generator(seed, *purpose)
        if self.choice is not None:
            return self.choice[int(generator.integers(len(self.choice)))]
        if self.integers is not None:
            return int(generator.integers(*self.integers, endpoint=True))
        if self.log_uniform is not None:
            low, high = map(math.log, self.log_uniform)
            return float(np.exp(generator.uniform(low, high)))
        low, high = self.uniform or (0.0, 1.0)
        return float(generator.uniform(low, high))

    @property
    def _ends(self) -> tuple[float | int, float | int] | None:
        return self.uniform or self.log_uniform or self.integers
