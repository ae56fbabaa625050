"""Published pairs of a text and a shorter one: pronunciations and subjects of e-mails."""

from seqarena.data.published.github import archive_folder, archive_url, origin, raw_files
from seqarena.data.published.record import FolderOfArchive, Published, PublishedFile

_CMUDICT = ("cmusphinx/cmudict", "0f8072f814306c5ee4fbf992ed853601b12c01f9")

CMUDICT = Published(
    name="cmudict",
    title="The CMU Pronouncing Dictionary",
    task="pronunciation (letters to phones)",
    official=(
        "https://github.com/cmusphinx/cmudict",
        "http://www.speech.cs.cmu.edu/cgi-bin/cmudict",
    ),
    folder="g2p_cmudict",
    files=(
        PublishedFile(
            "LICENSE", "bd4ce8e44170a5f9f481310ca85c51de3c4f851a65e679b40e603b143bd3542a", 1_754
        ),
        PublishedFile(
            "cmudict.dict",
            "81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22",
            3_618_488,
        ),
        PublishedFile(
            "cmudict.phones",
            "ffb588a5e55684723582c7256e1d2f9fadb130011392d9e59237c76e34c2cfd6",
            382,
        ),
        PublishedFile(
            "cmudict.symbols",
            "408ccaae803641c6d7b626b6299949320c2dbca96b2220fd3fb17887b023b027",
            281,
        ),
    ),
    size="135,166 entries of 126,052 words, 39 phones",
    licence="BSD-like (its LICENSE); the README: use for any research or commercial purpose is "
    "completely unrestricted",
    citation="Carnegie Mellon University. The CMU Pronouncing Dictionary.",
    protocol="No official split; papers use an older list of 106,837 training and 12,000 test "
    "words that is not here. Phone error rate without stress.",
    read_by=("cmudict",),
    downloads=raw_files(
        *_CMUDICT, "", "LICENSE", "cmudict.dict", "cmudict.phones", "cmudict.symbols"
    ),
    origin=origin(*_CMUDICT),
)

_AESLC = ("ryanzhumich/AESLC", "7afc087a1cc234d07121f0d4a2d87102ddceabc2")

AESLC = Published(
    name="aeslc",
    title="Annotated Enron Subject Line Corpus",
    task="summarisation (body of an e-mail to its subject)",
    official=("https://github.com/ryanzhumich/AESLC",),
    folder="summ_aeslc",
    files=(
        PublishedFile(
            "LICENSE.md", "58032a8173195237068ab02d429948bc3233d8e6858d1b9ddfdc47e3bbc3d847", 20_844
        ),
        PublishedFile(
            "enron_subject_line.tar.gz",
            "eee74b58e999413a7e6545d54a64ac10ce83d6523680f68ae1ab6d5c281fbf39",
            5_836_089,
            "members",
        ),
    ),
    size="train 14,436, dev 1,960, test 1,906 e-mails",
    licence="CC BY-NC-SA 4.0; it holds names and addresses of real persons",
    citation="R. Zhang, J. Tetreault (2019). This email could save your life: introducing the "
    "task of email subject line generation. ACL 2019.",
    protocol="Official split; ROUGE-1, -2 and -L of the subject on test.",
    read_by=("aeslc",),
    downloads=(
        FolderOfArchive(
            archive_url(*_AESLC),
            archive_folder(*_AESLC, "enron_subject_line"),
            "enron_subject_line.tar.gz",
        ),
        *raw_files(*_AESLC, "", "LICENSE.md"),
    ),
    origin=origin(*_AESLC),
)
