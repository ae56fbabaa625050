"""A task so small that a stage takes a second on it."""

from typing import Any


def lagged_task(**training: Any) -> dict[str, Any]:
    """Return the entry of a task of 16 sequences; a batch of four, and what else is said."""
    return {
        "kind": "density",
        "source": {
            "kind": "lagged_markov_source",
            "draw": {"length": 20, "n_train": 16, "n_valid": 4, "n_test": 4},
        },
        "training": {"batch_size": 4, **training},
    }
