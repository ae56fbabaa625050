"""Elements of SVG: every attribute and every text is escaped."""

from markupsafe import escape


def element(name: str, *content: str, **attributes: str | float | None) -> str:
    """Return an element. `content` is markup already; None leaves an attribute out.

    In the names of attributes an underscore stands for a hyphen, and one at the end for none
    (`class_`).
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(content)
    return f"<{name}{told}>{inner}</{name}>" if inner else f"<{name}{told}/>"


def text(words: str, **attributes: str | float | None) -> str:
    """Return a line of text."""
    return element("text", str(escape(words)), **attributes)


def cut(words: str, n: int) -> str:
    """Return at most `n` characters, the last of them an ellipsis where some were left out."""
    return words if len(words) <= n else f"{words[: n - 1]}…"
