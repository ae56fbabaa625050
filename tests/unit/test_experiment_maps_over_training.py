import numpy as np
import torch

from seqarena.batch import sequences_of
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.experiment.maps_over_training import MapsOverTraining
from seqarena.families.catalogue import build_family
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.schema import DataSchema
from seqarena.tracking.events import ArtifactWritten
from seqarena.tracking.journal import Journal, RunIdentity, read_journal

SCHEMA = DataSchema("density", n_symbols=4, max_length=9)
MANIFEST = Manifest("t", SCHEMA, Provenance("d", "l", "c"), {})
VALID = Part(sequences_of([np.arange(n) % 4 for n in (3, 9, 5, 7)]))
TRANSFORMER = TransformerConfig(kind="transformer", model_dim=8, n_layers=2, n_heads=2)


def _observed(folder, config, epochs, spoil=False):
    model = build_family(config, SCHEMA, 0).eval()
    if spoil:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(torch.nan)
    with Journal(folder / "journal.jsonl") as journal:
        journal.begin(RunIdentity(key="k", name="n", experiment="e"))
        observer = MapsOverTraining(journal, VALID, MANIFEST)
        for epoch in epochs:
            observer.observe(model, epoch)
    events = read_journal(folder / "journal.jsonl")
    return [event for event in events if isinstance(event, ArtifactWritten)]


def test_two_examples_of_the_validation_split_are_drawn_at_each_moment(tmp_path):
    told = _observed(tmp_path, TRANSFORMER, [1, 2])
    pictures = sorted(event.path.split("+timestamp")[0] for event in told if "png" in event.path)
    assert pictures == [
        f"maps_over_training/maps~validation example {place}+step+{step}"
        for place in (1, 2)
        for step in (1, 2)
    ]
    assert all((tmp_path / event.path).is_file() for event in told)
    assert {event.folder for event in told} == {"images"}


def test_an_epoch_that_is_done_again_is_told_again_and_drawn_once(tmp_path):
    once = _observed(tmp_path, TRANSFORMER, [1])
    again = _observed(tmp_path, TRANSFORMER, [1])
    assert {event.path for event in again} == {event.path for event in once}
    assert len(list((tmp_path / "maps_over_training").iterdir())) == 4


def test_a_family_without_maps_and_parameters_that_are_no_numbers_have_no_pictures(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "spoilt").mkdir()
    plain = RecurrentConfig(kind="lstm", model_dim=4)
    assert _observed(tmp_path / "plain", plain, [1]) == []
    assert _observed(tmp_path / "spoilt", TRANSFORMER, [1], spoil=True) == []
