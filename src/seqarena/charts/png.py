"""A drawing as PNG."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from resvg_py import svg_to_bytes

_ZOOM = 2


def png_of(drawing: str) -> bytes:
    """Return a file of SVG as PNG, twice as large; the same bytes for the same drawing.

    Letters are those that matplotlib brings, so that they are the same on every machine.
    """
    return bytes(
        svg_to_bytes(
            svg_string=drawing,
            zoom=_ZOOM,
            font_files=[str(path) for path in _fonts()],
            skip_system_fonts=True,
        )
    )


@cache
def _fonts() -> tuple[Path, ...]:
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return ()
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"
