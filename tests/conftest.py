"""What every test shares: one thread a process, and reproducible examples."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from hypothesis import settings

torch.set_num_threads(1)
settings.register_profile(
    "seqarena", derandomize=True, deadline=None, max_examples=30, database=None
)
settings.load_profile("seqarena")
