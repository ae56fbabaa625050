"""Published pictures."""

from seqarena.data.published.record import Published, PublishedFile, WholeFile

_MNIST_FILES = (
    PublishedFile(
        "t10k-images-idx3-ubyte.gz",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        1_648_877,
        "content",
    ),
    PublishedFile(
        "t10k-labels-idx1-ubyte.gz",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        4_542,
        "content",
    ),
    PublishedFile(
        "train-images-idx3-ubyte.gz",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        9_630_610,
        "content",
    ),
    PublishedFile(
        "train-labels-idx1-ubyte.gz",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        28_881,
        "content",
    ),
)

MNIST = Published(
    name="mnist",
    title="MNIST, handwritten digits of 28 x 28 pixels",
    task="pictures as sequences",
    official=("http://yann.lecun.com/exdb/mnist/",),
    folder="image_mnist",
    files=_MNIST_FILES,
    size="train 60,000, test 10,000 pictures, 10 classes",
    licence="unclear: none is stated",
    citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied "
    "to document recognition. Proceedings of the IEEE 86(11), 2278-2324.",
    protocol="Official split; accuracy on test, the pixels read one by one in rows, or in one "
    "fixed random order.",
    read_by=("cluttered_digits", "mnist", "moving_digits"),
    # The official page has no files any more; PyTorch's copy is what torchvision reads.
    downloads=tuple(
        WholeFile(f"https://ossci-datasets.s3.amazonaws.com/mnist/{file.path}", file.path)
        for file in _MNIST_FILES
    ),
)
