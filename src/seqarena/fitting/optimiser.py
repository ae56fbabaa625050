"""Optimisers, and the learning rate of each step."""

import math

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
            return SGD(groups, lr=config.learning_rate, momentum=_MOMENTUM)


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
