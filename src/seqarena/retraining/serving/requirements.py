"""What must be installed where a packaged model is served: exact versions, and no guess."""

from importlib.metadata import entry_points, version

from seqarena.families.catalogue import built_in_kinds
from seqarena.families.discovery import GROUP

_NEEDED = (
    "babel",
    "jaxtyping",
    "mlflow",
    "numba",
    "numpy",
    "pandas",
    "psutil",
    "pyarrow",
    "pydantic",
    "rapidfuzz",
    "ruamel.yaml",
    "safetensors",
    "scipy",
    "tokenizers",
    "torch",
    "tqdm",
)
_NEEDED_BY = {"nearest_neighbour": ("aeon",)}
"""What the answers of one kind of family need besides."""


def pinned_requirements(family_kind: str) -> list[str]:
    """Return the libraries that a model needs, and the package that brings its own family along.

    seqarena itself is none of them: the model brings its code along.
    """
    names = [*_NEEDED, *_NEEDED_BY.get(family_kind, ()), *_package_of(family_kind)]
    # Without the local part ("+cpu"), which says where a build comes from and not what it is.
    return [f"{name}=={version(name).partition('+')[0]}" for name in names]


def _package_of(family_kind: str) -> list[str]:
    if family_kind in built_in_kinds():
        return []
    found = entry_points(group=GROUP, name=family_kind)
    return sorted({entry.dist.name for entry in found if entry.dist is not None})
