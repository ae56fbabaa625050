"""Where a convolutional stem can stand."""

from typing import Literal

from seqarena.networks.region_input import StemKind
from seqarena.schema import TaskKind

NO_REGIONS = (
    "stem 'conv' reads regions of a picture, and the steps of this task are none; set it to 'none'"
)


def stem_obstacle(
    stem: StemKind, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]
) -> str | None:
    """Return why such a task has no place for the stem, or None.

    Whether frames are regions of a picture is asked elsewhere: `NO_REGIONS`.
    """
    if stem == "none" or (task_kind == "classification" and input_kind == "frames"):
        return None
    return (
        "stem 'conv' is for the classification of pictures, and this is "
        f"{task_kind} of {input_kind}; set it to 'none'"
    )
