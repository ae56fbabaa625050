"""A user's own tagged sentences in CoNLL-U."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from seqarena.data.own.assembly import AboutOwn, own_source
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import OwnFilesConfig, own_provenance, split_own
from seqarena.data.own.text import complaints, read_own_text
from seqarena.data.sources.conllu import TagColumn, read_conllu
from seqarena.data.sources.source_data import SourceData


class ConlluConfig(OwnFilesConfig):
    """Sentences word by word, each word with its tag."""

    input_kind = "tokens"
    kind: Literal["conllu"]
    column: TagColumn = "upos"
    """`upos`: the universal part of speech (column 4). `xpos`: the language's own (column 5)."""
    min_count: int = Field(default=1, ge=1)
    """A word that occurs less often in training is unknown everywhere."""

    def mistakes_in_files(self) -> list[str]:
        """Return what is wrong with the text; the sentences are not read."""
        return complaints(read_own_text, self.own_paths)

    def read(self) -> SourceData:
        """Make the three parts."""
        files = {split: _sentences(path, self.column) for split, path in self.paths().items()}
        splits, protocol = split_own(self, files)
        about = AboutOwn(
            task_kind="tagging",
            provenance=own_provenance("sentences", self.own_paths),
            protocol={**protocol, "tags": self.column},
            min_count=self.min_count,
        )
        return own_source(splits, about)


def _sentences(path: Path, column: TagColumn) -> list[Example]:
    # Read once before, for its complaints: a byte that is no UTF-8, a NUL, another encoding.
    read_own_text(path)
    return [
        Example(
            where=f"{path}, line {sentence.words[0].line}",
            id=sentence.id,
            value=tuple(word.form for word in sentence.words),
            tags=tuple(word.tag for word in sentence.words),
        )
        for sentence in read_conllu(path, column)
    ]
