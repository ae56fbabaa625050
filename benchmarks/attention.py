"""Self-attention beside torch's fused kernel: weights not asked for, asked for, and other forms.

    python benchmarks/attention.py [--quick]

Each work is a training step: forward and backward of causal self-attention, projections included,
batch 4, width 128, 4 heads, float32. The peer is `scaled_dot_product_attention` called directly on
the same projections. Short works are repeated inside a turn. Memory is the most bytes that torch
held at once during a step, above what it held before. The last rows fill up the keys of ragged
lengths whatever the length: `attention/whole_lanes.py` decides by them from which rest on.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from unittest import mock

import torch
from side_by_side import RESULTS, machine, medians
from torch import Tensor
from torch.nn import functional

from seqarena.attention import whole_lanes
from seqarena.attention.linear_self_attention import LinearSelfAttention
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.reach import Reach
from seqarena.attention.relative import AlibiPositions, RotaryPositions
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention

QUICK = "--quick" in sys.argv
ROUNDS = {128: 21, 512: 9, 1024: 5, 2048: 3}
RAGGED = (56, 59, 60, 63, 120, 124, 127)
"""Lengths that are no multiple of the lanes of a processor."""
BATCH, WIDTH, N_HEADS = 4, 128, 4
WINDOW = 64
STEPS_A_TURN = 4096
"""Steps of sequence that one turn covers at least: shorter works are repeated."""
Work = Callable[[], object]
Forward = Callable[[], Tensor | tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Ratio:
    """What we take, over what the fused kernel takes for the same steps."""

    work: str
    time: int
    seconds: float
    peer_seconds: float
    at_most: float | None
    """Ratio of times that is good enough; None: none is set."""
    bytes_held: int
    peer_bytes_held: int
    pairs_bytes: int
    """Size of one (time, time) for each head that was asked for."""

    @property
    def ratio(self) -> float:
        """How many times longer we take."""
        return self.seconds / self.peer_seconds

    @property
    def memory(self) -> float:
        """How many times more we hold, what was asked for left out."""
        return (self.bytes_held - self.pairs_bytes) / self.peer_bytes_held


def scene(time: int) -> tuple[Tensor, Tensor]:
    """Draw steps that want a gradient, and a mask without padding."""
    steps = torch.randn(BATCH, time, WIDTH, generator=torch.Generator().manual_seed(time))
    return steps.requires_grad_(), torch.ones(BATCH, time, dtype=torch.bool)


def fused(heads: MultiHeadAttention, steps: Tensor) -> Tensor:
    """Return what a bare loop would write."""
    query, key, value = (
        project(steps).view(BATCH, -1, N_HEADS, WIDTH // N_HEADS).transpose(1, 2)
        for project in (heads.to_query, heads.to_key, heads.to_value)
    )
    context = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    return heads.to_context(context.transpose(1, 2).flatten(2))


def trained(forward: Forward, time: int) -> Work:
    """Return a turn: as many training steps as cover enough steps of sequence."""

    def turn() -> None:
        for _ in range(max(1, STEPS_A_TURN // (BATCH * time))):
            trained_once(forward)

    return turn


def trained_once(forward: Forward) -> None:
    """Run forward and backward, holding the weights, if any, to the end."""
    made = forward()
    context = made[0] if isinstance(made, tuple) else made
    context.sum().backward()


def peak(work: Work) -> int:
    """Return the most bytes that torch held at once above what it held before."""
    work()
    with torch.profiler.profile(profile_memory=True) as profile:
        work()
    held = highest = 0
    events: Any = profile.profiler.kineto_results.events()
    for event in events:
        if event.name() == "[memory]":
            held += event.nbytes()
            highest = max(highest, held)
    return highest


def compared(time: int) -> Iterator[Ratio]:
    """Time every form beside the fused kernel at one length."""
    torch.manual_seed(0)
    heads = MultiHeadAttention(WIDTH, WIDTH, WIDTH, N_HEADS)
    steps, mask = scene(time)
    ours = SoftmaxSelfAttention(heads, Reach(is_causal=True))
    local = SoftmaxSelfAttention(heads, Reach(is_causal=True, window=WINDOW))
    rotary = SoftmaxSelfAttention(heads, Reach(is_causal=True), RotaryPositions(WIDTH // N_HEADS))
    alibi = SoftmaxSelfAttention(heads, Reach(is_causal=True), AlibiPositions(N_HEADS))
    linear = LinearSelfAttention(heads, is_causal=True)
    asked_goal = {128: 1.5, 1024: 2.2}.get(time)
    works = {
        "weights not asked for": (lambda: ours.context(steps, mask), 0, 1.02),
        "weights of all heads": (lambda: ours.observe(steps, mask), N_HEADS, asked_goal),
        "weights of one head": (lambda: ours.observe(steps, mask, [0]), 1, asked_goal),
        "explicit, weights with a gradient": (lambda: ours(steps, mask), N_HEADS, None),
        "rotary positions": (lambda: rotary.context(steps, mask), 0, None),
        "ALiBi": (lambda: alibi.context(steps, mask), 0, None),
        f"window of {WINDOW}": (lambda: local.context(steps, mask), 0, None),
        "linear attention": (lambda: linear.context(steps, mask), 0, None),
    }
    forwards = {"peer": lambda: fused(heads, steps)} | {name: w[0] for name, w in works.items()}
    taken, held = measured(forwards, time, ROUNDS[time])
    for name, (_, n_asked, at_most) in works.items():
        pairs = 4 * BATCH * n_asked * time**2
        figures = (taken[name], taken["peer"], at_most, held[name], held["peer"], pairs)
        yield Ratio(name, time, *figures)


def measured(
    forwards: dict[str, Forward], time: int, n_rounds: int
) -> tuple[dict[str, float], dict[str, int]]:
    """Return the seconds and the bytes of each."""
    works = {name: trained(each, time) for name, each in forwards.items()}
    held = {
        name: peak(lambda each=each: trained_once(each))  # type: ignore[misc]
        for name, each in forwards.items()
    }
    return medians(works, 3 if QUICK else n_rounds), held


def filled_up(time: int) -> Ratio:
    """Fill up the keys of a ragged length beside the fused kernel as it is."""
    torch.manual_seed(0)
    heads = MultiHeadAttention(WIDTH, WIDTH, WIDTH, N_HEADS)
    steps, mask = scene(time)
    ours = SoftmaxSelfAttention(heads, Reach(is_causal=True))

    def filled() -> Tensor:
        with mock.patch.object(whole_lanes, "LEAST_REST", 1):
            return ours.context(steps, mask)

    taken, held = measured({"peer": lambda: fused(heads, steps), "ours": filled}, time, 21)
    rest = time % whole_lanes.LANES
    at_most = 1.02 if rest >= whole_lanes.LEAST_REST else None
    figures = (taken["ours"], taken["peer"], at_most, held["ours"], held["peer"], 0)
    return Ratio(f"keys filled up, {rest} over whole lanes", time, *figures)


def table(ratios: list[Ratio]) -> str:
    """Return the rows as a Markdown table; a ratio above what is wanted is marked."""
    lines = [
        ["work", "T", "time / fused", "at most", "memory / fused, weights left out", ""],
        [":--", "--:", "--:", "--:", "--:", ":--"],
    ]
    for row in ratios:
        goal = "" if row.at_most is None else f"{row.at_most:g}"
        is_above = row.at_most is not None and row.ratio > row.at_most
        figures = [f"{row.ratio:.2f}", goal, f"{row.memory:.2f}", "above" if is_above else ""]
        lines.append([row.work, str(row.time), *figures])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def main() -> None:
    """Time everything, print the table and write it to results/."""
    torch.set_num_threads(1)
    ratios = [row for time in ROUNDS for row in compared(time)]
    ratios += [filled_up(time) for time in RAGGED]
    facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    text = f"# Attention\n\n{facts}\n\n{table(ratios)}"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "attention.md").write_text(text)
    rows = [{**asdict(row), "ratio": row.ratio, "memory": row.memory} for row in ratios]
    content = {"machine": machine(), "rows": rows}
    (RESULTS / "attention.json").write_text(json.dumps(content, indent=2) + "\n")
    print(text)


if __name__ == "__main__":
    main()
