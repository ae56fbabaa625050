"""Of which frames a network can be a density."""

from seqarena.schema import FrameKind, InputKind, TaskKind, fitted_as


def framed_density_obstacle(
    task_kind: TaskKind, input_kind: InputKind, frame_kind: FrameKind
) -> str | None:
    """Return why a network cannot predict the frames of a task, or None."""
    if fitted_as(task_kind) != "density" or input_kind == "tokens":
        return None
    if task_kind == "recommendation":
        return "items are symbols, and the task has frames"
    if frame_kind == "binary":
        return None
    what = {"real": "real numbers", "count": "counts"}[frame_kind]
    return (
        "a network's density is one of tokens, or of frames of zeros and ones, and these frames "
        f"are {what}; use hidden_markov, whose emissions take them, or, where a table of your own "
        "holds zeros and ones alone, say `numbers: binary` in its source"
    )
