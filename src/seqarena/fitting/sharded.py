"""Fully sharded data parallel: each process holds a part of every parameter, not a copy of all."""

from typing import Any

from pytorch_lightning.strategies import DDPStrategy
from torch import nn
from torch.optim import Optimizer

from seqarena.fitting.processes import copy_from_main, whole


class FullySharded(DDPStrategy):
    """Parameters, gradients and optimiser states split over the processes; the steps are DDP's.

    Zhao et al. (2023), "PyTorch FSDP", as torch's `fully_shard`. Each block of the network is
    gathered while it works and let go afterwards, so that a process needs memory for its share of
    the model and for one whole block. Checkpoints hold whole tensors: a fit may go on with another
    number of processes.
    """

    @property
    def restore_checkpoint_after_setup(self) -> bool:
        """Whether a checkpoint is read after the parameters were split: yes."""
        return True

    def configure_ddp(self) -> None:
        """Start from the main process's parameters, and split those of the network."""
        from torch.distributed.device_mesh import init_device_mesh

        module: Any = self.lightning_module
        copy_from_main(list(module.state_dict().values()))
        _shard(module.model, init_device_mesh(self.root_device.type, (self.world_size,)))

    def teardown(self) -> None:
        """Split again what the last pass gathered, or Lightning could not move it to the CPU."""
        from torch.distributed.fsdp import FSDPModule

        module: Any = self.lightning_module
        for part in module.modules():
            if isinstance(part, FSDPModule):
                part.reshard()
        super().teardown()

    def lightning_module_state_dict(self) -> dict[str, Any]:
        """Return whole tensors; every process must ask."""
        module: Any = self.lightning_module
        return {name: whole(tensor) for name, tensor in module.state_dict().items()}

    def load_model_state_dict(self, checkpoint: Any, strict: bool = True) -> None:
        """Give each process its part of the whole tensors of a checkpoint."""
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict

        options = StateDictOptions(full_state_dict=True, strict=strict)
        module: Any = self.lightning_module
        set_model_state_dict(module, checkpoint["state_dict"], options=options)

    def optimizer_state(self, optimizer: Optimizer) -> dict[str, Any]:
        """Return whole tensors; every process must ask, and the main one gets them."""
        from torch.distributed.checkpoint.state_dict import (
            StateDictOptions,
            get_optimizer_state_dict,
        )

        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        module: Any = self.lightning_module
        return get_optimizer_state_dict(module, optimizer, options=options)

    def load_optimizer_state_dict(self, checkpoint: Any) -> None:
        """Give each process its part of the optimiser's state."""
        from torch.distributed.checkpoint.state_dict import (
            StateDictOptions,
            set_optimizer_state_dict,
        )

        module: Any = self.lightning_module
        for optimizer, state in zip(self.optimizers, checkpoint["optimizer_states"], strict=True):
            options = StateDictOptions(full_state_dict=True)
            set_optimizer_state_dict(module, optimizer, state, options=options)


def _shard(model: nn.Module, mesh: Any) -> None:
    """Split the parameters of each block of a stack, then those outside the blocks."""
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    stacks = [part for part in model.modules() if isinstance(part, nn.ModuleList)]
    for block in [block for stack in stacks for block in stack]:
        fully_shard(block, mesh=mesh)
        # A decoder that copies asks its last block for weights too.
        if hasattr(block, "with_weights"):
            register_fsdp_forward_method(block, "with_weights")
    fully_shard(model, mesh=mesh)
    # What gathers the parameters hangs on `forward`, and our models answer under another name.
    for name in ("objective", "objective_from"):
        if hasattr(model, name):
            register_fsdp_forward_method(model, name)
