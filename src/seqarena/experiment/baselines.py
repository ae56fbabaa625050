"""Which experiments serve the others as a yardstick."""

from seqarena.families.catalogue import AnyFamilyConfig
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.most_frequent_class import MostFrequentClassConfig
from seqarena.families.most_frequent_tag import MostFrequentTagConfig
from seqarena.schema import TaskKind


def baseline_of(family: AnyFamilyConfig, kind: TaskKind) -> str:
    """Return what a family is as a yardstick on a kind of task; empty: none."""
    match family, kind:
        case MarkovChainConfig(order=0), "density":
            return "unigram"
        case MarkovChainConfig(order=0), "recommendation":
            return "popularity"
        case MarkovChainConfig(), "density" | "recommendation":
            return "n-gram"
        case MostFrequentClassConfig(), _:
            return "majority class"
        case MostFrequentTagConfig(), _:
            return "most frequent tag"
        case _:
            return ""
