"""Maps of a few validation examples as they change while a network is fitted."""

from torch import nn

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.axes import primary_map
from seqarena.attribution.capture import Capture, capture_maps
from seqarena.attribution.probe_set import ProbeSet, probe_set
from seqarena.attribution.probes import probe_rows
from seqarena.attribution.sketches import sketch_map
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.errors import ArtifactError
from seqarena.families.fitted_network import Neural
from seqarena.tracking.journal import Journal
from seqarena.tracking.stepped_images import is_image_told, tell_image

N_EXAMPLES = 2
_FOLDER = "maps_over_training"


class MapsOverTraining:
    """An observer of a fit: draws the most telling map of each example, and journals it."""

    def __init__(self, journal: Journal, valid: Part, manifest: Manifest) -> None:
        self._journal = journal
        self._folder = journal.path.parent / _FOLDER
        rows = probe_rows(valid.sequences, N_EXAMPLES)
        self._examples: ProbeSet = probe_set(valid, rows, manifest)

    def observe(self, model: nn.Module, n_epochs: int) -> None:
        """Draw the maps of a copy of the model; nothing for a model without maps."""
        if not isinstance(model, Neural) or not isinstance(model, HasNativeMaps):
            return
        # It is a copy: the fit sets the flag at its end, and may compute in other formats.
        model.float().fitted.fill_(True)
        try:
            capture = capture_maps(model, self._examples)
        except ArtifactError:
            # Parameters that are no numbers have no maps; whether the fit goes on, it decides.
            return
        if any(capture.maps):
            self._tell(capture, n_epochs)

    def _tell(self, capture: Capture, n_epochs: int) -> None:
        for place, (probe, maps) in enumerate(
            zip(capture.probes, capture.maps, strict=True), start=1
        ):
            key = f"maps/validation example {place}"
            is_told = is_image_told(self._folder, key, n_epochs)
            png = b"" if is_told else sketch_map(probe, primary_map(maps))
            tell_image(self._journal, self._folder, key, n_epochs, png)
