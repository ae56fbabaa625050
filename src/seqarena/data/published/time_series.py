"""Published time series of the UCR and UEA archives."""

from seqarena.data.published.github import origin, raw_files
from seqarena.data.published.record import Published, PublishedFile

_NATOPS = ("Navidfoumani/Disjoint-CNN", "38180ccc1f050a3fee6961f5b4ea3bc132016ab3")

NATOPS = Published(
    name="natops",
    title="NATOPS, aircraft handling signals",
    task="action recognition",
    official=("https://www.timeseriesclassification.com/description.php?Dataset=NATOPS",),
    folder="action_natops",
    files=(
        PublishedFile(
            "NATOPS_TEST.ts",
            "3a9a41a948c30d19db6b9e0ec44d946d42199c4f8724c2aa6e8b71b28612404e",
            2_119_227,
        ),
        PublishedFile(
            "NATOPS_TRAIN.ts",
            "3567f0aa297e89327215ee1147537e06f7bdc51f48ac8d2c39aaa34fb1eab1b7",
            2_119_514,
        ),
    ),
    size="train 180, test 180 series of 51 steps in 24 dimensions, 6 classes",
    licence="unclear: UEA archive, for research",
    citation="Y. Song, D. Demirdjian, R. Davis (2011). Tracking body and hands for gesture "
    "recognition: NATOPS aircraft handling signals database. FG 2011.",
    protocol="Official split; accuracy on test.",
    read_by=("time_series",),
    downloads=raw_files(*_NATOPS, "Multivariate_ts/NATOPS/", "NATOPS_TRAIN.ts", "NATOPS_TEST.ts"),
    origin=origin(*_NATOPS),
)

_AEON = ("aeon-toolkit/aeon", "a101ddc8b35a65441609b45c9bcce5aeafa0c131")
_UCR_UEA_FILES = (
    PublishedFile(
        "ACSF1/ACSF1_TEST.ts",
        "93e8aaeb44a10af181d24a156e60da7021193cd990ca28f263fccf3b905bfebf",
        1_659_932,
    ),
    PublishedFile(
        "ACSF1/ACSF1_TRAIN.ts",
        "0646b90dc4843e02baed6b2ba345c5601a4991b6796565489cef1b2d92a7537b",
        1_658_422,
    ),
    PublishedFile(
        "ArrowHead/ArrowHead_TEST.ts",
        "5417dab42626d41df5e435bb22458c2df40dfad4bcd3b59559bbe72e20e84904",
        484_894,
    ),
    PublishedFile(
        "ArrowHead/ArrowHead_TRAIN.ts",
        "a83c470aaf611a5f5284377cce27a5fc9f6292bc3d110257b0fd4905ced5ee72",
        100_357,
    ),
    PublishedFile(
        "BasicMotions/BasicMotions_TEST.ts",
        "79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc",
        227_713,
    ),
    PublishedFile(
        "BasicMotions/BasicMotions_TRAIN.ts",
        "8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6",
        227_790,
    ),
    PublishedFile(
        "GunPoint/GunPoint_TEST.ts",
        "79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e",
        252_305,
    ),
    PublishedFile(
        "GunPoint/GunPoint_TRAIN.ts",
        "f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5",
        84_188,
    ),
    PublishedFile(
        "ItalyPowerDemand/ItalyPowerDemand_TEST.ts",
        "26122451f87dd0387ef90b18bc8a86c041371b8a1c068004922b939971247144",
        274_054,
    ),
    PublishedFile(
        "ItalyPowerDemand/ItalyPowerDemand_TRAIN.ts",
        "341269cb7e6cef96846b30e774580beec79addb93848ba360145219115a74b7c",
        18_300,
    ),
    PublishedFile(
        "JapaneseVowels/JapaneseVowels_TEST.ts",
        "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
        649_132,
    ),
    PublishedFile(
        "JapaneseVowels/JapaneseVowels_TRAIN.ts",
        "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
        487_971,
    ),
)

UCR_UEA = Published(
    name="ucr_uea",
    title="Six data sets of the UCR and UEA archives of time series",
    task="classification of time series",
    official=(
        "https://www.timeseriesclassification.com/",
        "https://www.cs.ucr.edu/~eamonn/time_series_data_2018/",
    ),
    folder="tsc_ucr_uea",
    files=_UCR_UEA_FILES,
    size="train and test: GunPoint 50 and 150, ArrowHead 36 and 175, ItalyPowerDemand 67 and "
    "1,029, ACSF1 100 and 100, BasicMotions 40 and 40, JapaneseVowels 270 and 370",
    licence="unclear: the archives are free for research, to be cited",
    citation="H. A. Dau et al. (2019). The UCR time series archive. IEEE/CAA Journal of Automatica "
    "Sinica 6(6). A. Bagnall et al. (2018). The UEA multivariate time series classification "
    "archive, 2018. arXiv:1811.00075.",
    protocol="Official splits; accuracy on test.",
    read_by=("time_series",),
    downloads=raw_files(*_AEON, "aeon/datasets/data/", *(file.path for file in _UCR_UEA_FILES)),
    origin=origin(*_AEON),
)
