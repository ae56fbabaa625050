"""What every source of a user's own files says: where they are, and how they are split."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from seqarena.data.file_hash import path_sha256
from seqarena.data.manifest import Fact, Provenance
from seqarena.data.own.assembly import AboutOwn
from seqarena.data.own.example import Example
from seqarena.data.own.splitting import (
    OwnSplitConfig,
    SplitExamples,
    SplitRule,
    describe_rule,
    refuse_rare_labels,
    split_examples,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.splits import Split
from seqarena.schema import TaskKind


class OwnFilesConfig(SourceConfig):
    """A file (or folder) for all, or one for each split."""

    path: str
    """File or folder of all examples, or of those that train; relative to the folder of
    params.yaml."""
    valid_path: str | None = None
    """That which validates; without one, validation is taken from `path`."""
    test_path: str | None = None
    """That which tests; without one, the test is taken from `path`."""
    split: OwnSplitConfig = OwnSplitConfig()
    """How large validation and test are, where nothing else says it."""

    @property
    def rule(self) -> SplitRule:
        """What decides in which split an example stands."""
        return "files" if self.valid_path and self.test_path else "hash"

    @property
    def own_paths(self) -> tuple[Path, ...]:
        """The files or folders of the three splits."""
        return tuple(self.paths().values())

    def paths(self) -> dict[Split, Path]:
        """Return the file or folder of each split that has one."""
        names = (self.path, self.valid_path, self.test_path)
        return {split: Path(name) for split, name in zip(Split, names, strict=True) if name}


class LabelledFilesConfig(OwnFilesConfig):
    """Files of examples that have a class each."""

    min_label_count: int = Field(default=2, ge=1)
    """Examples, of all splits together, that a class has at least: with one alone there is nothing
    to judge by what was learnt from it. 1 lets any class be."""


def split_own(
    config: OwnFilesConfig, files: Mapping[Split, list[Example]]
) -> tuple[SplitExamples, dict[str, Fact]]:
    """Return the three splits, and what a manifest says about them.

    Raises:
        DataError: as `split_examples`, or a class has too few examples.
    """
    labelled: dict[str, Fact] = {}
    if isinstance(config, LabelledFilesConfig):
        refuse_rare_labels(files, config.min_label_count)
        labelled = {"min_label_count": config.min_label_count}
    rule = config.rule
    unused = {f"{split}_share" for split in files} | ({"seed"} if rule == "time" else set())
    is_told = rule in ("files", "column")
    chosen = {} if is_told else config.split.model_dump(exclude=unused)
    splits = split_examples(files, rule, config.split)
    return splits, {"split": describe_rule(rule, files), **chosen, **labelled}


def own_provenance(what: str, paths: tuple[Path, ...]) -> Provenance:
    """Say that data is the user's own, with the checksum of each file or folder that is named."""
    checksums = {str(path): path_sha256(path) for path in paths}
    return Provenance(
        description=f"{what} of {', '.join(map(str, paths))}",
        licence="the user's own",
        citation="none",
        versions={path: checksum for path, checksum in checksums.items() if checksum},
    )


def about_frames(
    task_kind: TaskKind,
    provenance: Provenance,
    protocol: dict[str, Fact],
    regions: tuple[tuple[int, int], tuple[int, int]] | None = None,
    counts: Mapping[str, int] | None = None,
) -> AboutOwn:
    """Say what a source of frames says; `regions` are the grid and the patch of a picture."""
    grid, patch = regions or (None, None)
    unit: Literal["word"] = "word"
    return AboutOwn(
        task_kind, provenance, protocol, unit, counts=counts or {}, grid=grid, patch=patch
    )
