"""Sentence pairs that are published: translations, and links between their words."""

from seqarena.data.published.github import origin, raw_files
from seqarena.data.published.record import Published, PublishedFile

_MULTI30K = ("multi30k/dataset", "a3d2e0d26b56f3846f66a952536ffed4e401d05a")
_MULTI30K_FILES = (
    PublishedFile(
        "raw/test_2016_flickr.de.gz",
        "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
        22_890,
        "content",
    ),
    PublishedFile(
        "raw/test_2016_flickr.en.gz",
        "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
        21_077,
        "content",
    ),
    PublishedFile(
        "raw/test_2017_flickr.de.gz",
        "c3078bc3b36808bf9d20eb2347ed6137016179ef59ec0d2b9b8ecc3fb2880081",
        21_471,
        "content",
    ),
    PublishedFile(
        "raw/test_2017_flickr.en.gz",
        "ce1450ddc5ab0834502579d77a170849952e15a2938b34cc503bdc25ebb4fb98",
        19_138,
        "content",
    ),
    PublishedFile(
        "raw/test_2017_mscoco.de.gz",
        "58277df3c75f92f7145a11b910b553d1cf82c439249d4dc237c899609eafac22",
        10_230,
        "content",
    ),
    PublishedFile(
        "raw/test_2017_mscoco.en.gz",
        "43051fdfa86fd5395182e718a94ca67b1b227b9f7c79596ff0f6b813216981d2",
        8_844,
        "content",
    ),
    PublishedFile(
        "raw/test_2018_flickr.de.gz",
        "39fcc8b3331d76fb42d648d019c6898b0d5e58baac87bc2a0bb93f44ec8db207",
        26_461,
        "content",
    ),
    PublishedFile(
        "raw/test_2018_flickr.en.gz",
        "4e585c2dd525911a6ea7730e9d0b516239af3f1b1ffae6a2130223cfb639f25e",
        23_514,
        "content",
    ),
    PublishedFile(
        "raw/train.de.gz",
        "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
        637_044,
        "content",
    ),
    PublishedFile(
        "raw/train.en.gz",
        "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
        568_929,
        "content",
    ),
    PublishedFile(
        "raw/val.de.gz",
        "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
        24_681,
        "content",
    ),
    PublishedFile(
        "raw/val.en.gz",
        "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
        21_650,
        "content",
    ),
    PublishedFile(
        "tok/test_2016_flickr.lc.norm.tok.de",
        "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4",
        71_917,
    ),
    PublishedFile(
        "tok/test_2016_flickr.lc.norm.tok.en",
        "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2",
        63_307,
    ),
    PublishedFile(
        "tok/test_2017_flickr.lc.norm.tok.de",
        "02067e4a9402786a4fcb8c1b6f4307e4a5073ced64800abead5273b54f5f31f6",
        65_228,
    ),
    PublishedFile(
        "tok/test_2017_flickr.lc.norm.tok.en",
        "c9d1dfd7a26add989382e534af235af9f0f658b2a30e7eb0efdaf142496ee54f",
        56_123,
    ),
    PublishedFile(
        "tok/test_2017_mscoco.lc.norm.tok.de",
        "e2825990b8a4e5289d2cdba801d57c187810bab9b4f5d87a30c35800a0d871b6",
        30_464,
    ),
    PublishedFile(
        "tok/test_2017_mscoco.lc.norm.tok.en",
        "fe69ae004d71c42ead0301e70c57de5b1b6b5fb7f52210d42b22801e98e656f3",
        25_380,
    ),
    PublishedFile(
        "tok/test_2018_flickr.lc.norm.tok.de",
        "45ce6b121708adf538d3a8c71dc1acbcb1e0f2bca74ace8e58652f9ea5b96335",
        82_274,
    ),
    PublishedFile(
        "tok/test_2018_flickr.lc.norm.tok.en",
        "a66e25cbb8323d74a40873dcd222659f39e30ee7687a6ed5445833aed0673239",
        71_617,
    ),
    PublishedFile(
        "tok/train.lc.norm.tok.de",
        "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505",
        2_150_008,
    ),
    PublishedFile(
        "tok/train.lc.norm.tok.en",
        "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119",
        1_837_696,
    ),
    PublishedFile(
        "tok/val.lc.norm.tok.de",
        "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00",
        77_273,
    ),
    PublishedFile(
        "tok/val.lc.norm.tok.en",
        "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec",
        64_608,
    ),
)

MULTI30K = Published(
    name="multi30k",
    title="Multi30k, English and German captions (task 1)",
    task="translation",
    official=("https://github.com/multi30k/dataset",),
    folder="mt_multi30k_en_de",
    files=_MULTI30K_FILES,
    size="train 29,000 pairs, val 1,014, test 2016 1,000, test 2017 1,000, test 2017 (COCO) 461, "
    "test 2018 1,071",
    licence="unclear for the text (no licence file); the README gives the pictures for "
    "non-commercial research and education",
    citation="D. Elliott, S. Frank, K. Sima'an, L. Specia (2016). Multi30K: multilingual "
    "English-German image descriptions. 5th Workshop on Vision and Language, 70-74.",
    protocol="Official split; BLEU on test 2016, from text alone; raw/ is detokenised, tok/ is "
    "lowercased and tokenised as by Moses.",
    read_by=("multi30k",),
    downloads=raw_files(*_MULTI30K, "data/task1/", *(file.path for file in _MULTI30K_FILES)),
    origin=origin(*_MULTI30K),
)

_EUROPARL = ("RinSer/coursera_nlangp-001_PA3", "22940f62d5e17c02e65024cc7c7a74c946306c83")

EUROPARL_EN_ES = Published(
    name="europarl_en_es",
    title="Europarl English-Spanish, the part of M. Collins's course on natural language "
    "processing (Columbia, assignment 3)",
    task="word alignment",
    official=(
        "https://spark-public.s3.amazonaws.com/nlangp/assignments/h3-p.pdf",
        "http://www.statmt.org/europarl/",
    ),
    folder="align_europarl_en_es",
    files=(
        PublishedFile(
            "corpus.en", "f4c837660be07bdccfef15e95f34ee9bd89638bbd7685fb65fc3ce89a465e59c", 836_560
        ),
        PublishedFile(
            "corpus.es", "78fb919d3757fc8563de1a96a85ed4a75db6603ef93513914cb5cf0b3d78c1f4", 914_197
        ),
        PublishedFile(
            "dev.en", "d72b404bf4aaff1a0da3349d305ecdc7ed5735f23bd77a9a889a44fc3901d17c", 31_756
        ),
        PublishedFile(
            "dev.es", "5423f964bf86fbed948164619d3c6b826f0430c1283d430580b8cf93179eb6ee", 35_015
        ),
        PublishedFile(
            "dev.key", "99759e9c50b32e47434dabf27f295893b13654f3742d54b9f4d7efdeeb6eacbf", 52_598
        ),
    ),
    size="5,401 pairs without gold, 200 pairs with 5,920 gold links",
    licence="Europarl: no known copyright restriction; gold links: none stated",
    citation="P. Koehn (2005). Europarl: a parallel corpus for statistical machine translation. "
    "MT Summit X, 79-86.",
    protocol="Trained without gold on the 5,401 pairs; F1 of the links of the 200 development "
    "pairs, pooled (the course's test key was never released).",
    read_by=("europarl_en_es",),
    downloads=raw_files(*_EUROPARL, "", "corpus.en", "corpus.es", "dev.en", "dev.es", "dev.key"),
    origin=origin(*_EUROPARL),
)
