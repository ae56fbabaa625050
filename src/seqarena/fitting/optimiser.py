"""Optimisers, and the learning rate of each step."""

import math
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from seqarena.fitting.protocols import OptimiserConfig

_MOMENTUM = 0.9
_FINAL_SHARE = 0.1


def make_optimiser(model: nn.Module, config: OptimiserConfig) -> Optimizer:
    """Return the optimiser of the model's trainable parameters.

    Weight decay pulls matrices only: biases and gains are single numbers per feature, whose size
    says nothing about how much the model has memorised.
    """
    trainable = [part for part in model.parameters() if part.requires_grad]
    matrices = [part for part in trainable if part.dim() >= 2]
    vectors = [part for part in trainable if part.dim() < 2]
    groups = [
        {"params": parts, "weight_decay": weight_decay}
        for parts, weight_decay in ((matrices, config.weight_decay), (vectors, 0.0))
        if parts
    ]
    match config.kind:
        case "adamw":
            is_fused = all(part.device.type in ("cpu", "cuda") for part in trainable)
            betas = (_MOMENTUM, config.beta_2)
            return AdamW(groups, lr=config.learning_rate, betas=betas, fused=is_fused)
        case "sgd":
            # Under torch's own name the decay would go into the gradient, and so into the momentum.
            own = [
                {**group, "decay": group["weight_decay"], "weight_decay": 0.0} for group in groups
            ]
            sgd = SGD(own, lr=config.learning_rate, momentum=_MOMENTUM)
            sgd.register_step_pre_hook(_decay)
            return sgd


@torch.no_grad()
def _decay(optimiser: Optimizer, *_: Any) -> None:
    """Take rate · decay · p from every p that is about to move, as AdamW does."""
    for group in optimiser.param_groups:
        moved = [part for part in group["params"] if part.grad is not None]
        if moved:
            torch._foreach_mul_(moved, 1.0 - group["lr"] * group["decay"])


def learning_rate_at(step: int, n_steps: int, config: OptimiserConfig) -> float:
    """Return the learning rate of a step.

    Args:
        step: From 0.
        n_steps: Steps of the whole fit, when nothing stops it early.
        config: The peak, the warm-up, and what follows it.
    """
    if step < config.warmup_steps:
        # Step 0 already moves: a rate of exactly 0 would waste a batch.
        return config.learning_rate * (step + 1) / config.warmup_steps
    match config.schedule:
        case "constant":
            return config.learning_rate
        case "inverse_sqrt":
            peak_step = max(config.warmup_steps, 1)
            return config.learning_rate * math.sqrt(peak_step / (step + 1))
        case "cosine":
            done = (step - config.warmup_steps) / max(n_steps - 1 - config.warmup_steps, 1)
            wave = 0.5 * (1.0 + math.cos(math.pi * min(done, 1.0)))
            return config.learning_rate * (_FINAL_SHARE + (1.0 - _FINAL_SHARE) * wave)
