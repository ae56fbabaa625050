"""What the tests of the page share: pages to look at, and a reader of what a page holds."""

import base64
import json
import zlib

import numpy as np

from seqarena.attribution.viewer.viewed import Viewed, ViewedAxis, ViewedExample, ViewedMap

TEXTS = ("a", "b", "c", "d")
INPUTS = ViewedAxis("input symbol", 4, TEXTS, side="input")
OUTPUTS = ViewedAxis("output", 2, ("x", "y"), side="output")


def viewed(values, texts=TEXTS, title="a page", **more) -> Viewed:
    """A page of one example with one map of 2 outputs and 4 inputs."""
    inputs = ViewedAxis("input symbol", len(texts), tuple(texts), side="input")
    one = ViewedMap("decoder.cross", "weights", np.asarray(values), OUTPUTS, inputs, **more)
    return Viewed(title, (ViewedExample("e", inputs, OUTPUTS, maps=(one,)),))


def read_values(entry: dict) -> np.ndarray:
    """Undo what the page undoes, by another program than its own: (head, row, column)."""
    content = np.frombuffer(zlib.decompress(base64.b64decode(entry["chunk"])), np.uint8)
    n_heads, n_rows, n_columns = entry["shape"]
    held = np.ones((n_rows, n_columns), bool)
    if entry["reach"] is not None:
        held = np.subtract.outer(np.arange(n_rows), np.arange(n_columns)) >= -entry["reach"]
    n, width = n_heads * int(held.sum()), entry["bits"] // 8
    levels = sum(content[i * n : (i + 1) * n].astype(float) * 256**i for i in range(width))
    half = 2 ** (entry["bits"] - 1) - 1
    roots = (levels - half) / half if entry["signed"] else levels / (2 ** entry["bits"] - 1)
    values = np.zeros((n_heads, n_rows, n_columns))
    squares = np.sign(roots) * roots**2 * max(entry["tops"], default=0.0)
    values[:, held] = squares.reshape(n_heads, -1)
    if entry["has_valid"]:
        bits = np.unpackbits(content[n * width + 4 * n_heads * n_rows :])[: n_rows * n_columns]
        values[:, bits.reshape(n_rows, n_columns) == 0] = np.nan
    return values


def only_map(text: str) -> dict:
    """The one map of a payload."""
    return json.loads(text)["examples"][0]["maps"][0]
