"""Names of files that follow from names of tasks."""

import hashlib
import re

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def stem_of(name: str) -> str:
    """Return the name itself where it can be a file's; otherwise what can, and a digest of it."""
    if _SAFE.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60].strip("-")
    return f"{kept or 'task'}-{digest}"
