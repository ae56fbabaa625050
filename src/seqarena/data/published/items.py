"""Published behaviour of users: which items they took, one after the other."""

from seqarena.data.published.github import origin, raw_files
from seqarena.data.published.record import Published, PublishedFile

_RECBOLE = ("RUCAIBox/RecBole", "7b02be5ec80a88310f2d04a27a82adfcbb5dc211")

ML100K = Published(
    name="ml100k",
    title="MovieLens 100K, ratings with their time",
    task="recommendation",
    official=("https://grouplens.org/datasets/movielens/100k/",),
    folder="rec_ml100k",
    files=(
        PublishedFile(
            "ml-100k.inter",
            "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
            1_979_230,
        ),
        PublishedFile(
            "ml-100k.item",
            "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
            66_632,
        ),
        PublishedFile(
            "ml-100k.user",
            "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972",
            22_697,
        ),
    ),
    size="100,000 ratings of 1,682 films by 943 users",
    licence="GroupLens: research, no commercial use, no redistribution without permission",
    citation="F. M. Harper, J. A. Konstan (2015). The MovieLens datasets: history and context. ACM "
    "Transactions on Interactive Intelligent Systems 5(4).",
    protocol="No official split of next items; usual: leave the last of each user out by time, all "
    "items ranked but those already seen.",
    read_by=("movielens_100k",),
    downloads=raw_files(
        *_RECBOLE,
        "recbole/dataset_example/ml-100k/",
        "ml-100k.inter",
        "ml-100k.item",
        "ml-100k.user",
    ),
    origin=origin(*_RECBOLE),
)

_S3REC = ("RUCAIBox/CIKM2020-S3Rec", "2a81540ae18615d88ef88227b0c066e5b74781e5")
_PREPARED_BY = (
    "Prepared by K. Zhou et al. (2020). S3-Rec: self-supervised learning for sequential "
    "recommendation with mutual information maximization. CIKM 2020."
)

BEAUTY = Published(
    name="beauty",
    title="Amazon Beauty, users and items with five actions or more",
    task="recommendation",
    official=(
        "https://github.com/RUCAIBox/CIKM2020-S3Rec",
        "https://cseweb.ucsd.edu/~jmcauley/datasets/amazon/links.html",
    ),
    folder="rec_s3rec_beauty_lastfm",
    files=(
        PublishedFile(
            "Beauty.txt",
            "226cce9c3105299ca0db9615d7d3fb32b3175e90da43100ae352599f0f0107b8",
            1_090_094,
        ),
        PublishedFile(
            "Beauty_item2attributes.json",
            "129e40f67486f6877eff0f5318cfa8530ee8ac23d8b0d1de04e1bb7a2ba0b2d4",
            305_674,
        ),
    ),
    size="198,502 actions of 22,363 users on 12,101 items",
    licence="unclear: none is stated; the page of the reviews asks for citation, for research",
    citation="J. McAuley, C. Targett, Q. Shi, A. van den Hengel (2015). Image-based "
    f"recommendations on styles and substitutes. SIGIR 2015. {_PREPARED_BY}",
    protocol="The last item of each user tests, the last but one validates; all items ranked but "
    "those already seen; HR@k and NDCG@k.",
    read_by=("beauty",),
    downloads=raw_files(*_S3REC, "data/", "Beauty.txt", "Beauty_item2attributes.json"),
    origin=origin(*_S3REC),
)

LASTFM = Published(
    name="lastfm",
    title="LastFM (HetRec 2011), users and artists with five actions or more",
    task="recommendation",
    official=(
        "https://github.com/RUCAIBox/CIKM2020-S3Rec",
        "https://grouplens.org/datasets/hetrec-2011/",
    ),
    folder="rec_s3rec_beauty_lastfm",
    files=(
        PublishedFile(
            "LastFM.txt",
            "9ded486adb5b0fe9dc761950afa0a9a05e93ff018992e0c52bf11afec529f802",
            239_312,
        ),
        PublishedFile(
            "LastFM_item2attributes.json",
            "a4ccd678dc9ff6d43fe5073f491db5c9b02eb98dfa4f8c0382913a784be217ef",
            524_368,
        ),
        PublishedFile(
            "LastFM_sample.txt",
            "60194cc2e4fd1aa8b5dc8872e1f3af9c6abd09c39d478d3df9337cb97e6e2f0d",
            511_746,
        ),
    ),
    size="52,551 actions of 1,090 users on 3,646 items",
    licence="non-commercial use (HetRec 2011)",
    citation="I. Cantador, P. Brusilovsky, T. Kuflik (2011). Second workshop on information "
    f"heterogeneity and fusion in recommender systems. RecSys 2011. {_PREPARED_BY}",
    protocol="As Beauty, by full ranking; or against 99 fixed items that the user never took "
    "(LastFM_sample.txt), which gives other numbers.",
    read_by=("lastfm",),
    downloads=raw_files(
        *_S3REC, "data/", "LastFM.txt", "LastFM_item2attributes.json", "LastFM_sample.txt"
    ),
    origin=origin(*_S3REC),
)
