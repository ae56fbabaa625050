"""Self-attentions of every kind, over three sequences of which the last holds no step at all."""

import torch

from seqarena.attention.linear_self_attention import LinearSelfAttention
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.reach import Reach
from seqarena.attention.relative import AlibiPositions, RotaryPositions
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention

MODEL_DIM, N_HEADS, HEAD_DIM = 16, 4, 4


def heads(n_key_value_heads=None):
    return MultiHeadAttention(MODEL_DIM, MODEL_DIM, MODEL_DIM, N_HEADS, n_key_value_heads)


def softmax(is_causal, window=None, relative=None, n_key_value_heads=None):
    reach = Reach(is_causal, window)
    return SoftmaxSelfAttention(heads(n_key_value_heads), reach, relative)


BOTH_SIDES = {
    "all": lambda: softmax(False),
    "window": lambda: softmax(False, window=2),
    "wide_window": lambda: softmax(False, window=40),
    "rotary": lambda: softmax(False, relative=RotaryPositions(HEAD_DIM)),
    "alibi": lambda: softmax(False, relative=AlibiPositions(N_HEADS)),
    "grouped": lambda: softmax(False, n_key_value_heads=2),
    "window_alibi_grouped": lambda: softmax(False, 2, AlibiPositions(N_HEADS), 2),
    "linear": lambda: LinearSelfAttention(heads(), is_causal=False),
    "linear_grouped": lambda: LinearSelfAttention(heads(2), is_causal=False),
}
CAUSAL = {
    "causal": lambda: softmax(True),
    "causal_window": lambda: softmax(True, window=2),
    "causal_wide_window": lambda: softmax(True, window=40),
    "causal_rotary": lambda: softmax(True, relative=RotaryPositions(HEAD_DIM)),
    "causal_alibi": lambda: softmax(True, relative=AlibiPositions(N_HEADS)),
    "causal_grouped": lambda: softmax(True, n_key_value_heads=2),
    "causal_multi_query": lambda: softmax(True, n_key_value_heads=1),
    "causal_window_rotary_grouped": lambda: softmax(True, 2, RotaryPositions(HEAD_DIM), 2),
    "causal_window_alibi_grouped": lambda: softmax(True, 2, AlibiPositions(N_HEADS), 2),
    "causal_linear": lambda: LinearSelfAttention(heads(), is_causal=True),
    "causal_linear_grouped": lambda: LinearSelfAttention(heads(2), is_causal=True),
}
EVERY = {**BOTH_SIDES, **CAUSAL}
WINDOWS = {name: 40 if "wide" in name else 2 for name in EVERY if "window" in name}


def scene(time, dtype=torch.float32):
    """Return steps, and a mask: a whole sequence, one that ends early, one that is empty."""
    steps = torch.randn(3, time, MODEL_DIM, dtype=dtype)
    ends = torch.tensor([time, max(1, time - 2), 0])
    return steps, torch.arange(time) < ends[:, None]


def may_see(name, mask):
    """Return what each step may attend, pair by pair."""
    time, window = mask.shape[1], WINDOWS.get(name, mask.shape[1])
    seen = [
        [
            [
                ((j <= i) if name in CAUSAL else is_real) and i - window <= j <= i + window
                for j, is_real in enumerate(row)
            ]
            for i in range(time)
        ]
        for row in mask.tolist()
    ]
    return torch.tensor(seen)
