"""Gradient x input: a first guess, by the slope alone, at what each step adds to each output."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attribution.diagnostics.predictions import Predictions, can_predict, predictions_of
from seqarena.attribution.influence.asking import inputs_of, refuse_training_mode, with_inputs
from seqarena.attribution.influence.causality import may_change
from seqarena.attribution.influence.comparison import n_steps_of
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probe_set import ProbeSet
from seqarena.batch import Batch
from seqarena.families.fitted_network import Neural
from seqarena.families.predictive import gold_of, output_kind, output_mask
from seqarena.logspace import NATS_PER_BIT
from seqarena.networks.language_model import LanguageModel

STEPS_AT_ONCE = 4096

Gate = Float[Tensor, "copies time 1"]


def gradient_maps(model: object, probes: ProbeSet) -> tuple[InfluenceMap, ...]:
    """Return (d log p(gold output) / d x_s) . x_s of every output and step, in bits, signed.

    x_s is the vector that the first layer makes of a step. Simonyan et al. (2014); Shrikumar et al.
    (2017). It is what a factor of the step, now 1, would change: exact where log p is linear in the
    vector, a guess elsewhere, and another question than replacing the step. One pass forth and back
    over as many copies of a probe as it has outputs. An output that the network calls impossible
    has no slope, and is not valid, nor are those behind it. Empty: the model is no network, or
    a density of frames, which has no choices to be asked about.

    Raises:
        ArtifactError: the model is in training mode.
    """
    if not isinstance(model, Neural) or not can_predict(model):
        return ()
    refuse_training_mode(model)
    return tuple(_map(model, probes.batch(place, place + 1)) for place in range(len(probes)))


def _map(model: Neural, example: Batch) -> InfluenceMap:
    outputs = torch.arange(int(output_mask(model, example).sum()))
    size = max(1, STEPS_AT_ONCE // n_steps_of(example))
    parts = [_rows(model, example, some) for some in torch.split(outputs, size)]
    rows, is_possible = (torch.cat(part) for part in zip(*parts, strict=True))
    looks, kind = is_possible[:, None].expand_as(rows), output_kind(model, example)
    if kind is not None:
        looks = looks & may_change(kind, torch.arange(rows.shape[1]), len(rows)).T
    change = rows.where(looks, 0.0) / NATS_PER_BIT + 0.0
    return InfluenceMap(
        effect=None,
        change=change.double().cpu().numpy(),
        version="gradient",
        valid=None if bool(looks.all()) else looks.cpu().numpy(),
    )


def _rows(
    model: Neural, example: Batch, outputs: Tensor
) -> tuple[Float[Tensor, "outputs time"], Bool[Tensor, "outputs"]]:
    """Return the rows of some outputs, and which of these are possible.

    One copy of the example for each, with a factor per step.
    """
    inputs, own = inputs_of(example).cpu().numpy(), (torch.arange(len(outputs)), outputs)
    copies = with_inputs(example, inputs.repeat(len(outputs), axis=0))
    gate = torch.ones(*copies.mask.shape, 1, device=copies.mask.device, requires_grad=True)
    with torch.enable_grad(), torch.autocast(copies.mask.device.type, enabled=False):
        said = _predictions(model, copies, gate)
        (gradient,) = torch.autograd.grad(said.gold_log_prob()[own].sum(), gate)
    return gradient[..., 0].cpu(), said.mask[own].cpu()


def _predictions(model: Neural, batch: Batch, gate: Gate) -> Predictions:
    """Ask what is expected at every output, the vector of each step times its factor."""

    def gated(module: nn.Module, given: object, vectors: Tensor) -> Tensor:
        del module, given
        return vectors * gate.to(vectors)

    hook = model.network.inputs.register_forward_hook(gated)
    try:
        if isinstance(model.network, LanguageModel):
            log_prob = _expected_next(model.network, batch)
            return Predictions(log_prob, gold_of(model, batch), output_mask(model, batch))
        return predictions_of(model, batch)
    finally:
        hook.remove()


def _expected_next(network: LanguageModel, batch: Batch) -> Float[Tensor, "batch time symbols"]:
    """Return log p of every next symbol from vectors: a recurrence would look symbols up."""
    outputs: Tensor = network.encoder(network.inputs(batch), batch.mask)
    before = network.start.expand(len(batch), -1)
    return network.written(outputs, before, batch.mask.shape[1]).log_softmax(dim=-1)
