"""Which column of a table is what."""

from pydantic import BaseModel, ConfigDict, model_validator


class ColumnsConfig(BaseModel):
    """The column that is read by a model, and those that decide about splits."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    input: str | list[str]
    """The column of the input; for numbers also several, which stand side by side in each step."""
    sequence: str | None = None
    """Column that names the sequence of each row, if a row is one step and not one example. What
    belongs to a sequence (label, target, group, split) then stands in each of its rows."""
    group: str | None = None
    """Column of who or what an example comes from: no group stands in two splits."""
    time: str | None = None
    """Column of when it was (a number, or a date in ISO 8601): the earliest train, the latest
    test. Where a column or a file of its own says what tests, that decides, and no test example may
    be earlier than the last of training and validation (`leakage.max_out_of_time`)."""
    split: str | None = None
    """Column that says `train`, `valid` or `test`."""

    @model_validator(mode="after")
    def _one_rule(self) -> "ColumnsConfig":
        if self.time is not None and self.group and not self.split:
            raise ValueError(
                "time and group both decide which split an example is in; map one of them, or a "
                "column of splits too."
            )
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns of the input."""
        return (self.input,) if isinstance(self.input, str) else tuple(self.input)

    def named(self) -> dict[str, str]:
        """Return every mapped column but those of the input, by what it is."""
        fields = self.model_dump()
        return {role: str(name) for role, name in fields.items() if role != "input" and name}


class LabelledColumns(ColumnsConfig):
    """Columns of a classification."""

    label: str
    """Column of the class: text, or a whole number."""


class TaggedColumns(ColumnsConfig):
    """Columns of a tagging."""

    tags: str
    """Column of the tags, one for each step of the input: a list, or text with spaces between them;
    where a row is one step, its one tag."""


class TargetColumns(ColumnsConfig):
    """Columns of a transduction."""

    target: str
    """Column of the text that the input is to be turned into."""
