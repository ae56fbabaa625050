"""Beam search over the outputs of a transducer, for a whole batch at once."""

from typing import TypeVar

import torch
from jaxtyping import Int
from torch import Tensor

from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.forbidden import allowed_log_prob
from seqarena.networks.generation import Stepper
from seqarena.networks.hypotheses import Hypotheses, OpenHypotheses

S = TypeVar("S")


def beam_search(
    stepper: Stepper[S],
    memory: S,
    start: Int[Tensor, "batch"],
    end_symbol: int,
    max_length: int,
    decoding: DecodingConfig,
) -> Hypotheses:
    """Return the best outputs that a beam finds for each example.

    Of all extensions of the open hypotheses by one symbol, the `beam` likeliest stay. Those that
    end leave the beam, and the `n_best` best by score are kept. An example is done, and dropped
    from the batch, when no open hypothesis could beat the last of the kept ones at any length; the
    search gives up only what the beam has dropped, so one as wide as the space is exact. An output
    that reaches `max_length` symbols is cut there, and counts as it stands.

    Costs as many rows per step as the beam is wide; what the stepper remembers is handed on, never
    computed again.

    Args:
        stepper: what advances.
        memory: what it remembers before the first symbol, one row for each example.
        start: what it reads first.
        end_symbol: what ends an output.
        max_length: most symbols of an output, the end symbol included.
        decoding: width of the beam, what scores divide by, what is forbidden, how many are kept.
    """
    penalty = decoding.length_penalty
    examples = torch.arange(len(start), device=start.device)
    beams = OpenHypotheses.empty(len(start), start.device)
    kept = Hypotheses.none(len(start), decoding.n_best, start.device)
    previous, done = start, []
    for n_written in range(1, max_length + 1):
        logits, memory = stepper.advance(previous, memory)
        n_examples, width = beams.log_prob.shape
        written = beams.tokens.flatten(0, 1)
        step = allowed_log_prob(stepper.log_prob_of(logits), written, end_symbol, decoding)
        beams, owners = beams.extended(step.view(n_examples, width, -1), decoding.beam)
        rows = owners + width * torch.arange(n_examples, device=start.device)[:, None]
        is_finished = (beams.tokens[..., -1] == end_symbol) | (n_written == max_length)
        kept = kept.best_with(beams.finished(is_finished, penalty))
        beams = beams.without(is_finished)
        goes_on = beams.bound(max_length, penalty) > kept.scores[:, -1]
        if not bool(goes_on.all()):
            done.append((examples[~goes_on], kept.select(~goes_on)))
            if not bool(goes_on.any()):
                break
            examples, kept, beams = examples[goes_on], kept.select(goes_on), beams.select(goes_on)
            rows = rows[goes_on]
        memory = stepper.select(memory, rows)
        previous = beams.tokens[..., -1].flatten()
    return Hypotheses.in_order(done)
