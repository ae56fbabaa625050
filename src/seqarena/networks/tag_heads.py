"""What makes tags of encoded steps: each step by itself, or a chain of them."""

from abc import ABC, abstractmethod
from typing import Literal, assert_never

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.precision import widened
from seqarena.errors import DataError
from seqarena.inference.linear_chain_field import log_partition, path_log_marginals, path_score
from seqarena.inference.packing import Packing
from seqarena.inference.viterbi import viterbi

TagHeadKind = Literal["softmax", "crf"]

_GAIN = 10.0
"""A chain's scores, as a multiple of the numbers that are stored. An optimiser moves each number by
about the learning rate a step, and moves that follow each other e^3 times as often as others must
be told apart within some hundred steps."""

Logits = Float[Tensor, "batch time tags"]
Tags = Int[Tensor, "batch time"]
Mask = Bool[Tensor, "batch time"]


class TagHead(nn.Module, ABC):
    """p(tags | x) from one score for each step and tag."""

    @abstractmethod
    def log_prob(
        self, logits: Logits, tags: Tags, mask: Mask, smoothing: float
    ) -> Float[Tensor, "batch"]:
        """Return log p(tags | x) [nats]; `smoothing` goes from each tag to all alike."""

    @abstractmethod
    def tag_log_probs(self, logits: Logits, mask: Mask) -> Float[Tensor, "batch time tags"]:
        """Return log p(tag_t | x) of each step [nats]; what stands on padding has no meaning."""

    @abstractmethod
    def best_tags(self, logits: Logits, mask: Mask) -> Int[Tensor, "batch time"]:
        """Return the most probable tags of each sequence as a whole; 0 on padding."""

    def tag_probs(self, logits: Logits, mask: Mask) -> Float[Tensor, "batch time tags"]:
        """Return p(tag_t | x) of each step; 0 on padding."""
        return self.tag_log_probs(logits, mask).exp().where(mask[..., None], 0.0)

    @abstractmethod
    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `log_prob`."""


class SoftmaxHead(TagHead):
    """p(tags | x) = product of softmax(logits_t): no tag knows another."""

    def log_prob(
        self, logits: Logits, tags: Tags, mask: Mask, smoothing: float
    ) -> Float[Tensor, "batch"]:
        """Return the sum of the steps' log-probabilities [nats]."""
        # Sums over steps of 8 bits would hide what an epoch has learned.
        log_probs = widened(logits).log_softmax(dim=-1)
        own = log_probs.gather(2, tags[..., None])[..., 0]
        own = torch.lerp(own, log_probs.mean(dim=-1), smoothing) if smoothing else own
        return own.where(mask, 0.0).sum(dim=1)

    def tag_log_probs(self, logits: Logits, mask: Mask) -> Float[Tensor, "batch time tags"]:
        """Return the log of the softmax of each step."""
        del mask
        return widened(logits).log_softmax(dim=-1)

    def best_tags(self, logits: Logits, mask: Mask) -> Int[Tensor, "batch time"]:
        """Return the most probable tag of each step: together they are the most probable path."""
        return logits.argmax(dim=-1).where(mask, 0)

    def flops(self, batch: int, time: int) -> float:
        """Return 0: a softmax is not counted anywhere."""
        del batch, time
        return 0.0


class ConditionalRandomField(TagHead):
    """p(tags | x) from the logits and a learned score for each start, move and end of a path.

    Lafferty, McCallum & Pereira (2001); over recurrent networks: Huang, Xu & Yu (2015). It starts
    from scores of 0, where it is the softmax head. Its recursions run in 32 bits at least.
    """

    def __init__(self, n_tags: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(n_tags))
        self.transition = nn.Parameter(torch.zeros(n_tags, n_tags))
        self.end = nn.Parameter(torch.zeros(n_tags))

    def log_prob(
        self, logits: Logits, tags: Tags, mask: Mask, smoothing: float
    ) -> Float[Tensor, "batch"]:
        """Return the score of the path less log Z(x) [nats].

        Raises:
            DataError: smoothing is asked for; a path has no tags of one step to be smoothed.
        """
        if smoothing:
            raise DataError(f"label smoothing of {smoothing:g} came; a chain of tags has none.")
        packing = Packing.of(mask)
        scores = self._scores(logits, packing)
        path = packing.pack(tags)
        start, transition = self._chain(scores.dtype)
        own = path_score(start, transition, scores, path, packing)
        return own - log_partition(start, transition, scores, packing)

    def tag_log_probs(self, logits: Logits, mask: Mask) -> Float[Tensor, "batch time tags"]:
        """Return the log of the marginals of each step, in 64 bits."""
        packing = Packing.of(mask)
        scores = self._scores(logits.double(), packing)
        start, transition = self._chain(torch.float64)
        return packing.unpack(path_log_marginals(start, transition, scores, packing))

    def best_tags(self, logits: Logits, mask: Mask) -> Int[Tensor, "batch time"]:
        """Return the path with the highest score (Viterbi)."""
        packing = Packing.of(mask)
        scores = self._scores(logits, packing).detach()
        start, transition = (part.detach() for part in self._chain(scores.dtype))
        path, _ = viterbi(start, transition, scores, packing)
        return packing.unpack(path)

    def flops(self, batch: int, time: int) -> float:
        """Return an addition, an exponential and a sum for each move of each step."""
        return 3.0 * batch * time * self.transition.numel()

    def _chain(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return the scores of starts and of moves."""
        return _GAIN * self.start.to(dtype), _GAIN * self.transition.to(dtype)

    def _scores(self, logits: Logits, packing: Packing) -> Float[Tensor, "steps tags"]:
        """Return the logits of real steps, with the end's scores on each last one."""
        # Sums over paths of 8 bits' precision would not be smooth.
        wide = logits if logits.dtype == torch.float64 else logits.float()
        end = (_GAIN * self.end.to(wide.dtype)).expand(packing.n_sequences, -1)
        return packing.pack(wide).index_add(0, packing.last, end)


def build_tag_head(kind: TagHeadKind, n_tags: int) -> TagHead:
    """Return a head with fresh parameters."""
    match kind:
        case "softmax":
            return SoftmaxHead()
        case "crf":
            return ConditionalRandomField(n_tags)
        case _:
            assert_never(kind)
