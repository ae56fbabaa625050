"""An experiment with the settings that its fits had, where a budget decided some of them."""

from dataclasses import replace
from pathlib import Path

from seqarena.experiment.suite import Experiment
from seqarena.families.catalogue import parse_family
from seqarena.families.store import CONFIG_FILE, read_config


def as_fitted(experiment: Experiment, fits: Path) -> Experiment:
    """Return the experiment with the family of its fits: its width solved, its settings chosen.

    All seeds have the same. An experiment without such a budget, or without a fit, is as it stands
    in params.yaml.

    Args:
        experiment: as it stands there.
        fits: its folder of fitted seeds.

    Raises:
        ArtifactError: the record of a fit is altered.
        ConfigError: its settings are none that this version knows.
    """
    if experiment.budget.parameters is None and experiment.budget.trials is None:
        return experiment
    for seed in experiment.seeds:
        folder = fits / f"seed-{seed}"
        if (folder / CONFIG_FILE).exists():
            content, _ = read_config(folder)
            return replace(experiment, family=parse_family(content["family"], f"{folder}: family"))
    return experiment
