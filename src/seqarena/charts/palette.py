"""Colours and markers that readers with any kind of colour vision tell apart."""

from typing import Literal

Scheme = Literal["light", "dark"]

COLOURS: dict[Scheme, tuple[str, ...]] = {
    # Okabe & Ito (2008), darkened or lightened to stand out from the ground, and two more.
    "light": (
        *("#0072b2", "#d55e00", "#00835f", "#b0568a", "#a86e00"),
        *("#14a0a8", "#6b4f1d", "#6f6f6f", "#5b3fbf", "#8a1f2d"),
    ),
    "dark": (
        *("#4aa8e8", "#ff8a3d", "#2fbf93", "#e08fbd", "#e6a93a"),
        *("#5fd8de", "#c9a76a", "#a8a8a8", "#a994ff", "#ef7a86"),
    ),
}
"""By the place of a series' colour; further places begin again."""

_LIGHT = {
    "ink": "#1f2328",
    "soft": "#59636e",
    "line": "#d8dee4",
    "paper": "#ffffff",
    "bound": "#b3261e",
}
"""Text, quieter text, lines, ground, and the line that no model can pass, in a file."""

MARKERS = (
    "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0Z",
    "M-3.8-3.8H3.8V3.8H-3.8Z",
    "M0-5L4.8 3.6H-4.8Z",
    "M0-5.2L5.2 0L0 5.2L-5.2 0Z",
    "M0 5L4.8-3.6H-4.8Z",
    "M-1.6-4.8H1.6V-1.6H4.8V1.6H1.6V4.8H-1.6V1.6H-4.8V-1.6H-1.6Z",
    "M0-5.4L1.5-1.7L5.3-1.6L2.3.8L3.3 4.5L0 2.4L-3.3 4.5L-2.3.8L-5.3-1.6L-1.5-1.7Z",
    "M-2.4-4.6H2.4L4.8 0L2.4 4.6H-2.4L-4.8 0Z",
)
"""Outlines of markers around their middle [pixels]; further places begin again."""

N_DASHES = 4
"""Ways to draw a line, so that those of one colour are told apart as markers are."""

_SHAPES = (
    ".mark{fill:currentColor;stroke:currentColor;stroke-width:1.5}"
    ".span{stroke:currentColor;stroke-width:2;fill:none}"
    ".tick{stroke:currentColor;stroke-width:1.2;stroke-opacity:.6;fill:none}"
    ".null{stroke:currentColor;stroke-width:9;stroke-opacity:.2;fill:none}"
    ".trace,.join{stroke:currentColor;stroke-width:1.4;fill:none;stroke-linejoin:round}"
    ".trace{stroke-opacity:.8}"
    ".dash1{stroke-dasharray:7 3}.dash2{stroke-dasharray:2 3}.dash3{stroke-dasharray:8 3 2 3}"
    ".title{font-size:14px;font-weight:bold}"
)


def colour_class(place: int) -> str:
    """Return the class by which a style sheet gives a series its colour."""
    return f"c{place % len(COLOURS['light'])}"


def marker(place: int) -> str:
    """Return the outline of a marker."""
    return MARKERS[place % len(MARKERS)]


def file_style() -> str:
    """Return the style sheet of a drawing in a file, on white."""
    return (
        "text{font-family:'DejaVu Sans',Verdana,sans-serif;font-size:12px}"
        f"{_SHAPES}{_colours('light')}{_ground(_LIGHT)}"
    )


def page_style() -> str:
    """Return the style sheet of drawings in a page, which names `--ink` and so on for its ground.

    Colours of series follow the scheme of the reader's system.
    """
    names = {name: f"var(--{name})" for name in _LIGHT}
    dark = f"@media screen and (prefers-color-scheme:dark){{{_colours('dark')}}}"
    return f"{_SHAPES}{_colours('light')}{dark}{_ground(names)}"


def _colours(scheme: Scheme) -> str:
    return "".join(f".c{at}{{color:{name}}}" for at, name in enumerate(COLOURS[scheme]))


def _ground(ink: dict[str, str]) -> str:
    return (
        f"text{{fill:{ink['ink']}}}text.soft{{fill:{ink['soft']}}}"
        f"text.named{{paint-order:stroke;stroke:{ink['paper']};stroke-width:3}}.ground{{fill:{ink['paper']}}}"
        f".grid{{stroke:{ink['line']};stroke-width:1}}.frame{{stroke:{ink['soft']};stroke-width:1}}"
        f".reference{{stroke:{ink['soft']};stroke-dasharray:4 3;fill:none}}"
        f".reference.bound{{stroke:{ink['bound']}}}text.bound{{fill:{ink['bound']}}}"
        f".front{{stroke:{ink['soft']};stroke-width:1.2;fill:none}}.mark.open{{fill:{ink['paper']}}}"
    )
