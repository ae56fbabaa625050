"""The three parts of every task's data."""

from enum import StrEnum


class Split(StrEnum):
    """A part of the data. The last is opened by evaluation alone."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"
