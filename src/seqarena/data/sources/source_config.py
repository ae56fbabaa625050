"""What every source is in `params.yaml`: a record that can read itself."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from seqarena.data.encoding import Frames, Tokens, encoded_symbols, frames_in_lines
from seqarena.data.manifest import Manifest
from seqarena.data.own.text import complaints, refuse_unreadable
from seqarena.data.published.record import Published
from seqarena.data.sources.known_process import KnownProcess
from seqarena.data.sources.source_data import SourceData
from seqarena.data.spectra import Spectrum
from seqarena.data.windows import ContextProtocol
from seqarena.schema import FrameKind, InputKind


class SourceConfig(BaseModel):
    """Settings of a source; `kind` in each subclass names it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    input_kind: ClassVar[InputKind]
    """What a step of the input is, before any data exists."""
    frame_kind: ClassVar[FrameKind] = "real"
    """What the numbers of a frame are, where steps are frames, before any data exists."""

    @property
    def has_regions(self) -> bool:
        """Say whether the steps are regions of a picture, before any data exists."""
        return False

    @property
    def scores_some_steps(self) -> bool:
        """Say whether only the tags of some steps are asked for (tagging), before data exists."""
        return False

    @property
    def context_protocol(self) -> ContextProtocol:
        """Say what stands before a step that is scored: a stretch of its document, or all of it."""
        return "blocks"

    @property
    def own_paths(self) -> tuple[Path, ...]:
        """Files and folders of the user's own that it reads: a change of them is a change of data.

        Published files have checksums of their own, and generated data has none.
        """
        return ()

    def mistakes_in_files(self) -> list[str]:
        """Return what a glance finds wrong with the user's own files, a line each.

        Fast: files are opened, and no more of them is made sense of than the first rows.
        """
        return complaints(refuse_unreadable, self.own_paths)

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return ()

    @property
    def known_process(self) -> KnownProcess | None:
        """The true generator, where there is one; None: nobody knows it."""
        return None

    @abstractmethod
    def read(self) -> SourceData:
        """Make the three parts; the same settings give the same bytes.

        Raises:
            DataError: the source is unusable as it stands.
        """

    def symbols_of(self, text: str) -> Sequence[str]:
        """Cut a text of somebody's own into symbols, as the texts of the source are cut.

        White space stands between symbols, unless a source says otherwise.
        """
        return text.split()

    def tokens_of(self, text: str, manifest: Manifest) -> Tokens:
        """Return a text of somebody's own as the prepared task would hold it.

        Raises:
            DataError: the task reads frames, or does not know a symbol.
        """
        return encoded_symbols(self.symbols_of(text), manifest)

    def frames_of(self, path: Path, manifest: Manifest) -> Frames:
        """Return a file of somebody's own as the prepared task would hold it.

        A step stands in each line, unless a source reads sound or pictures.

        Raises:
            DataError: the task reads symbols, or the file is not what the source reads.
        """
        return frames_in_lines(path, manifest)

    def spectrum_of(self, path: Path | None, frames: Frames) -> Spectrum | None:
        """Return what the frames of somebody's own sound like, for a picture; None: nobody knows.

        Args:
            path: the recording; None: the frames came as numbers.
            frames: as the prepared task would hold them.
        """
        del path, frames
        return None
