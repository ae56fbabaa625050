"""Where and on how many processes a fit runs."""

import warnings
from datetime import timedelta
from typing import Any

import torch
from pytorch_lightning.strategies import DDPStrategy

from seqarena.errors import ConfigError, SeqarenaWarning
from seqarena.fitting.processes import copy_from_main
from seqarena.fitting.protocols import HardwareConfig
from seqarena.fitting.sharded import FullySharded

# A rank that hangs ends the job after this long; the default of gloo is half an hour.
_TIMEOUT = timedelta(seconds=120)


class DataParallel(DDPStrategy):
    """Distributed data parallel that also takes modules without parameters to train.

    torch refuses to wrap those, and there is nothing to wrap for: models fitted by statistics
    exchange them once an epoch themselves.
    """

    def __init__(self, **settings: Any) -> None:
        # The buffers are equal on all processes from the start and stay so.
        super().__init__(timeout=_TIMEOUT, forward_sync_buffers=False, **settings)

    def configure_ddp(self) -> None:
        """Wrap a module with trainable parameters; give any other the main process's state."""
        module = self.lightning_module
        if module is None or any(part.requires_grad for part in module.parameters()):
            super().configure_ddp()
        else:
            copy_from_main(list(module.state_dict().values()))


def placement(hardware: HardwareConfig, by_gradient: bool) -> dict[str, Any]:
    """Return Lightning's `accelerator`, `devices`, `strategy` and `precision`.

    Models fitted by statistics choose the precision of every number themselves, and need 64 bits,
    which Apple's GPUs lack; they have nothing to shard.
    """
    accelerator = _accelerator(hardware, by_gradient)
    precision = hardware.precision if by_gradient else "32-true"
    if accelerator == "cpu" and precision == "bf16-mixed":
        _warn_of_emulation()
    n_devices = hardware.devices
    if n_devices == "auto":
        n_devices = torch.cuda.device_count() if accelerator == "cuda" else 1
    is_parallel = n_devices * hardware.nodes > 1 or hardware.strategy != "auto"
    is_sharded = hardware.strategy == "fsdp" and by_gradient
    strategy = FullySharded(timeout=_TIMEOUT) if is_sharded else DataParallel()
    return {
        "accelerator": accelerator,
        "devices": n_devices,
        "num_nodes": hardware.nodes,
        "strategy": strategy if is_parallel else "auto",
        "precision": precision,
    }


def computes_in_16_bits() -> bool:
    """Tell whether this processor has instructions for bfloat16; without them it emulates."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _warn_of_emulation() -> None:
    """Tell where 16 bits cost time instead of saving it (`benchmarks/results/training.md`)."""
    if not computes_in_16_bits():
        warnings.warn(
            "hardware.precision: this processor has no instructions for bfloat16 (AVX-512, AMX), so"
            " that 'bf16-mixed' is far slower than 32 bits here; use '32-true'.",
            SeqarenaWarning,
            stacklevel=3,
        )


def _accelerator(hardware: HardwareConfig, by_gradient: bool) -> str:
    if hardware.accelerator == "cpu":
        return "cpu"
    if torch.cuda.is_available() and hardware.accelerator != "mps":
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps" if by_gradient else "cpu"
    if hardware.accelerator == "auto":
        return "cpu"
    raise ConfigError(
        [
            f"hardware.accelerator: {hardware.accelerator!r}, but torch finds no such device on"
            " this machine; use 'auto' or 'cpu'."
        ]
    )
