"""What `params.yaml` says about fits: the machine, the budget, the optimiser. Without torch."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class HardwareConfig(BaseModel):
    """Where a fit runs. The defaults take what the machine has."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    accelerator: Literal["auto", "cpu", "gpu", "mps"] = "auto"
    """Lightning's accelerator."""
    devices: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Processes on this machine. "auto": every GPU, or one process on a CPU."""
    nodes: int = Field(default=1, ge=1)
    """Machines, each with `devices` processes; a launcher (torchrun, SLURM) starts them."""
    strategy: Literal["auto", "ddp", "fsdp"] = "auto"
    """"auto": one process, or distributed data parallel when there are several devices. "fsdp":
    fully sharded data parallel, for networks that do not fit one GPU."""
    precision: Literal["32-true", "64-true", "bf16-mixed"] = "32-true"
    """Lightning's precision. EM families always accumulate in 64 bits."""
    n_threads: int = Field(default=1, ge=1)
    """Threads of torch per process. Two are slower than one beside any other load."""
    max_sequences_per_pass: int | None = Field(default=None, ge=1)
    """Sequences that a process holds at once in training and validation; a larger share of a batch
    is done in several passes, whose gradients, statistics and losses add to those of the whole.
    None: all at once, as the lanes of a stream always are in training."""
    compile: bool = False
    """Whether networks go through `torch.compile`: half a minute first, then little faster."""
    deterministic: bool = False
    """Whether torch may use only algorithms that give the same bits in every run. A CPU's do."""


class TrainingConfig(BaseModel):
    """The budget of a task: the same for every family that stands in its table."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    batch_size: int = Field(default=32, ge=1)
    """Sequences per optimiser step, over all processes together."""
    max_epochs: int = Field(default=20, ge=1)
    """Passes over the training data for families fitted by gradients."""
    max_steps: int | None = Field(default=None, ge=1)
    """Optimiser steps of a gradient fit, which ends there if `max_epochs` do not end it before, and
    whose schedule of learning rates spans them; None: as many as the epochs have."""
    max_em_epochs: int = Field(default=30, ge=1)
    """Passes over the training data for families fitted by expectation–maximisation."""
    em_tolerance: float = Field(default=1e-4, ge=0)
    """EM stops when the objective gains less than this per scored step [nats]; 0: never."""
    patience: int = Field(default=5, ge=1)
    """Epochs without a better validation loss before a gradient fit stops."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Wall time of one fit [minutes]; None: unlimited."""
    max_parameters: int | None = Field(default=None, ge=1)
    """Free parameters that a family may have; one with more is refused. None: any number."""


class OptimiserConfig(BaseModel):
    """How a gradient family descends. Each family carries its own."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["adamw", "sgd"] = "adamw"
    """AdamW (Loshchilov & Hutter 2019) or plain stochastic gradient descent with momentum 0.9."""
    learning_rate: float = Field(default=3e-3, gt=0)
    """Peak learning rate."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Decoupled weight decay of matrices, under AdamW and SGD: each step takes this, times the
    learning rate, off every number first, whatever its gradient. 0 is none."""
    beta_2: float = Field(default=0.999, gt=0, lt=1)
    """How slowly AdamW forgets the squares of gradients: the nearer to 1, the longer it averages;
    0.99 suits few steps. (It forgets the gradients themselves at 0.9.)"""
    schedule: Literal["constant", "cosine", "inverse_sqrt"] = "cosine"
    """After the warm-up: stay, fall along a cosine to a tenth of the peak at the last step of the
    budget, or fall as one over the square root of the step (Vaswani et al. 2017, eq. 3)."""
    warmup_steps: int = Field(default=50, ge=0)
    """Optimiser steps in which the learning rate grows linearly from 0."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Probability that training moves from the true symbol or label to all alike (Szegedy et al.
    2016, section 7). Validation and every score are without it; the training loss is with it."""
    max_gradient_norm: float | None = Field(default=1.0, gt=0)
    """Gradients are scaled down to this norm; None: never."""


class StepwiseConfig(BaseModel):
    """Stepwise (online) EM: an M-step after every mini-batch, from statistics that forget.

    Cappé & Moulines (2009); Liang & Klein (2009). It makes fewer passes than batch EM, which
    passes over all the data before each M-step.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    exponent: float = Field(default=0.6, gt=0.5, le=1)
    """The statistics of update t, from 0, weigh (t + delay)^-exponent in the running ones. 1
    forgets least: in the end all updates weigh the same; near 0.5 the latest weigh most."""
    delay: int = Field(default=2, ge=0)
    """The higher, the less the first updates weigh. That of update 0 is 1: there is nothing yet."""
    sequences_per_update: int = Field(default=16, ge=1)
    """Sequences in a mini-batch, over all processes together; takes the place of the task's
    batch_size, which is one of optimiser steps."""
