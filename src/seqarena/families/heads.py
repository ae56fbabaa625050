"""The number of attention heads in a config, which knows the width that they divide."""

from typing import Annotated, Any

from pydantic import AfterValidator


def _divide(n_heads: int, info: Any) -> int:
    """Refuse heads that the network would have, and that do not divide its width.

    `info` is pydantic's ValidationInfo (a protocol that cannot be checked at run time); it holds
    the fields declared before this one.
    """
    model_dim = info.data.get("model_dim")
    has_heads = info.data.get("attention", "multi_head") in ("multi_head", "self_attention")
    if has_heads and model_dim is not None and model_dim % n_heads:
        raise ValueError(
            f"{n_heads} heads do not divide a model_dim of {model_dim}; choose a divisor of it."
        )
    return n_heads


HeadCount = Annotated[int, AfterValidator(_divide)]
"""Declare it after `model_dim` and `attention`, with `validate_default`."""
