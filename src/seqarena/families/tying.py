"""Which tasks have an embedding that could be the output matrix too."""

from seqarena.schema import InputKind, TaskKind, fitted_as


def tying_obstacle(tie_weights: bool, task_kind: TaskKind, input_kind: InputKind) -> str | None:
    """Return why the weights of a network cannot be tied, or None."""
    if not tie_weights:
        return None
    if fitted_as(task_kind) != "density":
        return (
            "only a density writes the symbols that it reads; "
            f"set tie_weights to false for {task_kind}"
        )
    if input_kind == "frames":
        return (
            "frames have no embedding that could be the output matrix too; set tie_weights to false"
        )
    return None
