"""Where a decoder can copy symbols of its input."""

from typing import Literal

from seqarena.errors import ConfigError
from seqarena.schema import DataSchema, TaskKind


def copy_obstacle(
    copies: bool, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]
) -> str | None:
    """Return why such a task has nothing to copy, or None.

    Whether an input and its target have symbols in common is known with the data: `copied_symbols`.
    """
    if not copies or (task_kind == "transduction" and input_kind == "tokens"):
        return None
    return (
        f"copying takes symbols of the input for symbols of the output, and this is {task_kind} of "
        f"{input_kind}; set copies to false"
    )


def copied_symbols(family: str, copies: bool, schema: DataSchema) -> tuple[int, ...] | None:
    """Return the target symbol of each input symbol, -1 for none; None: nothing is copied.

    Raises:
        ConfigError: copying is asked for, and input and target have no symbol in common.
    """
    if not copies:
        return None
    shared = schema.target_of_symbol
    if shared is None or max(shared) < 0:
        raise ConfigError(
            [
                f"{family}.copies: none of the {schema.n_symbols} symbols of the input is one of "
                f"the {schema.n_target_symbols} of the target, so that there is nothing to copy; "
                "set it to false."
            ]
        )
    return shared
