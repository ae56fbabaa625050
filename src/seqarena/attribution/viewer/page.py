"""The page itself: one HTML file that asks nobody for anything and runs its own script alone."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seqarena.attribution.viewer.payload import PAGE_BUDGET, clean, payload
from seqarena.attribution.viewer.viewed import Viewed

SCRIPTS = (
    "texts.js",
    "numbers.js",
    "palettes.js",
    "maps.js",
    "state.js",
    "drawing.js",
    "layout.js",
    "heatmap.js",
    "frames.js",
    "strips.js",
    "tokens.js",
    "heads.js",
    "readout.js",
    "saving.js",
    "keyboard.js",
    "panels.js",
    "pickers.js",
    "search.js",
    "tables.js",
    "start.js",
)
"""In the order in which they are joined."""


def write_page(path: Path, viewed: Viewed, budget: int = PAGE_BUDGET) -> int:
    """Write the page and return its size in bytes; maps beyond the budget are left out.

    Raises:
        ArtifactError: a map does not fit its axes, or has a negative value and is not signed.
    """
    content = page_of(viewed, budget).encode("utf-8")
    path.write_bytes(content)
    return len(content)


def page_of(viewed: Viewed, budget: int = PAGE_BUDGET) -> str:
    """Return the page. Its data stands in JSON that its script writes out as text alone."""
    environment = Environment(
        loader=PackageLoader("seqarena.attribution.viewer", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    script = _script()
    return environment.get_template("page.html.jinja").render(
        title=clean(viewed.title),
        warning=clean(viewed.warning),
        # Markup: files of this package, and JSON in which no markup can stand.
        style=Markup(_own("viewer.css")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        data=Markup(payload(viewed, budget)),
    )


@cache
def _script() -> str:
    # One block: names stay out of the window, and two functions of one name are an error.
    return "\n".join(('"use strict";', "{", *map(_own, SCRIPTS), "}"))


@cache
def _own(name: str) -> str:
    page = files("seqarena.attribution.viewer").joinpath("page", name)
    return page.read_text(encoding="utf-8")
