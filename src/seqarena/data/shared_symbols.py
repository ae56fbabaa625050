"""Which symbols an input and a target have in common."""

from seqarena.data.alphabet import UNKNOWN


def shared_symbols(
    symbols: tuple[str, ...], target_symbols: tuple[str, ...], target_end: int
) -> tuple[int, ...]:
    """Return the target symbol with the same text as each symbol of the input; -1: there is none.

    The unknown symbol stands for many texts, and the end for none: neither is shared.
    """
    targets = {text: index for index, text in enumerate(target_symbols) if index != target_end}
    targets.pop(UNKNOWN, None)
    return tuple(targets.get(text, -1) for text in symbols)
