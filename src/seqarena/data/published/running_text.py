"""Published running text."""

from seqarena.data.published.record import ArchiveOfFiles, Published, PublishedFile, WholeFile

PENN_TREEBANK = Published(
    name="penn_treebank",
    title="Penn Treebank, Wall Street Journal, as prepared by T. Mikolov",
    task="language modelling (words, characters)",
    official=("http://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz",),
    folder="lm_ptb",
    files=(
        PublishedFile(
            "ptb.test.txt",
            "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
            449_945,
        ),
        PublishedFile(
            "ptb.train.txt",
            "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
            5_101_618,
        ),
        PublishedFile(
            "ptb.valid.txt",
            "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
            399_782,
        ),
    ),
    size="train 42,068 sentences (929,589 words with <eos>), valid 3,370 (73,760), test 3,761 "
    "(82,430)",
    licence="unclear: LDC99T42 is licensed, and these files state none",
    citation="M. Marcus, B. Santorini, M. A. Marcinkiewicz (1993). Building a large annotated "
    "corpus of English: the Penn Treebank. Computational Linguistics 19(2).",
    protocol="Official split (sections 0-20, 21-22, 23-24), a vocabulary of 10,000 words with "
    "<eos>; test perplexity of every word and <eos>, the text read on from sentence to sentence.",
    read_by=("penn_treebank",),
    downloads=(
        ArchiveOfFiles(
            "http://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz",
            tuple(
                (f"./simple-examples/data/ptb.{split}.txt", f"ptb.{split}.txt")
                for split in ("train", "valid", "test")
            ),
        ),
    ),
)

TINY_SHAKESPEARE = Published(
    name="tiny_shakespeare",
    title="tiny Shakespeare: 40,000 lines of plays",
    task="language modelling (characters)",
    official=(
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    ),
    folder="lm_tinyshakespeare",
    files=(
        PublishedFile(
            "input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            1_115_394,
        ),
    ),
    size="1,115,394 characters, 65 different ones",
    licence="the text is in the public domain; no licence of the file is stated",
    citation="A. Karpathy (2015). The unreasonable effectiveness of recurrent neural networks.",
    protocol="The first nine tenths train, the last tenth is what published losses are of; nats "
    "per character.",
    read_by=("tiny_shakespeare",),
    downloads=(
        WholeFile(
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/"
            "input.txt",
            "input.txt",
        ),
    ),
)
