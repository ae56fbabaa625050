"""All published data sets that seqarena knows."""

from seqarena.data.published.items import BEAUTY, LASTFM, ML100K
from seqarena.data.published.labelled_text import (
    MOVIE_REVIEWS,
    MR,
    PROTEIN_SECONDARY_STRUCTURE,
    SST,
    UD_ENGLISH_EWT,
)
from seqarena.data.published.pictures import MNIST
from seqarena.data.published.record import Published
from seqarena.data.published.running_text import PENN_TREEBANK, TINY_SHAKESPEARE
from seqarena.data.published.short_forms import AESLC, CMUDICT
from seqarena.data.published.skeletons import MSR_ACTION3D, UTKINECT
from seqarena.data.published.sound import FSDD, POLYPHONIC_MUSIC
from seqarena.data.published.time_series import NATOPS, UCR_UEA
from seqarena.data.published.translations import EUROPARL_EN_ES, MULTI30K
from seqarena.errors import DataError
from seqarena.parsing import nearest

PUBLISHED: tuple[Published, ...] = (
    PENN_TREEBANK,
    TINY_SHAKESPEARE,
    POLYPHONIC_MUSIC,
    MULTI30K,
    AESLC,
    CMUDICT,
    EUROPARL_EN_ES,
    SST,
    MR,
    MOVIE_REVIEWS,
    UD_ENGLISH_EWT,
    PROTEIN_SECONDARY_STRUCTURE,
    FSDD,
    MSR_ACTION3D,
    UTKINECT,
    NATOPS,
    UCR_UEA,
    MNIST,
    BEAUTY,
    LASTFM,
    ML100K,
)


def published_set(name: str) -> Published:
    """Return the data set of that name.

    Raises:
        DataError: there is none.
    """
    for each in PUBLISHED:
        if each.name == name:
            return each
    known = [each.name for each in PUBLISHED]
    raise DataError(f"{name!r} is no published data set; {nearest(name, known)}")
