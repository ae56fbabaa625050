"""How taggers choose, and which settings of theirs have a meaning on other tasks: none."""

from typing import Literal

from seqarena.fitting.protocols import OptimiserConfig
from seqarena.networks.tag_heads import TagHeadKind
from seqarena.schema import TaskKind

TagDecoding = Literal["posterior", "viterbi"]
"""`posterior`: the most probable tag of each step, which makes as many right as can be expected.
`viterbi`: the most probable tags of the sequence as a whole."""

DEFAULT_DECODING: TagDecoding = "posterior"


def decoding_obstacle(decoding: TagDecoding, task_kind: TaskKind) -> str | None:
    """Return why a task has no use for a way to choose tags, or None."""
    if task_kind == "tagging" or decoding == DEFAULT_DECODING:
        return None
    return (
        f"tag_decoding {decoding!r} chooses the tags of steps, and {task_kind} has none; "
        "leave it out"
    )


def tagging_obstacle(
    head: TagHeadKind, decoding: TagDecoding, optimiser: OptimiserConfig, task_kind: TaskKind
) -> str | None:
    """Return why a network with such an end cannot do such a task, or None."""
    if task_kind != "tagging" and head != "softmax":
        return (
            f"tag_head {head!r} is a chain of the tags of steps, and {task_kind} has none; "
            "set it to 'softmax'"
        )
    if head == "crf" and optimiser.label_smoothing:
        return (
            "label smoothing moves probability between the labels of one step, and tag_head 'crf' "
            "gives it to whole sequences of tags; set optimiser.label_smoothing to 0, or tag_head "
            "to 'softmax'"
        )
    return decoding_obstacle(decoding, task_kind)
