"""Published recordings of skeletons."""

from seqarena.data.published.github import origin
from seqarena.data.published.record import Published, PublishedFile

_KINECT = origin(
    "ahmedhamdy2121/CV_Action_Recognition_2015", "7eb289d2b1a52a2d196880e676759300a2b685df"
)

MSR_ACTION3D = Published(
    name="msr_action3d",
    title="MSR Action3D, skeletons of 20 joints",
    task="action recognition",
    official=("https://sites.google.com/view/wanqingli/data-sets/msr-action3d",),
    folder="action_msr_action3d",
    files=(
        PublishedFile(
            "body_model.mat",
            "482d44172e1a2a09ed6a88bec58cfa12e1ec27124efd75e299538a04b83cd06e",
            1_140,
        ),
        PublishedFile(
            "files_used.mat",
            "77254b5fe9dabbf9b842ea74e998a40bf43153b5017d5176b2a95a71dc52889d",
            2_047,
        ),
        PublishedFile(
            "files_used_in_cvpr12_paper.txt",
            "36a567fef872e0b28df3ec5680f40c48a8e0bac9033be293bd8784ddd8d53ada",
            6_683,
        ),
        PublishedFile(
            "real_world_coordinates.tar.gz",
            "4436d42377cb3f2eda5ea4623c2bee077e8e99c69c04d52b2f8f7f815c10b369",
            5_686_039,
            "members",
        ),
        PublishedFile(
            "tr_te_splits.mat",
            "2fcecb7bd48f7bf0da66043b95e6fbffd71edb319f0e238ed72ef89fe29f47bf",
            409,
        ),
    ),
    size="567 sequences of 20 actions by 10 subjects, of which 557 are used",
    licence="unclear: Microsoft Research, for research",
    citation="W. Li, Z. Zhang, Z. Liu (2010). Action recognition based on a bag of 3D points. "
    "CVPR Workshops 2010.",
    protocol="Cross-subject: odd subjects train, even ones test; accuracy over all 20 actions, or "
    "over the sets AS1, AS2 and AS3.",
    read_by=("msr_action3d",),
    by_hand="Take MSRAction3DSkeletonReal3D.rar from the official page, unpack it, and pack its "
    "567 text files, without a folder, as real_world_coordinates.tar.gz; the lists of files and "
    f"splits (*.txt, *.mat) lie in {_KINECT}, data/MSRAction3D.",
)

UTKINECT = Published(
    name="utkinect",
    title="UTKinect-Action3D, skeletons of 20 joints",
    task="action recognition; segmentation of a stream",
    official=("https://cvrc.ece.utexas.edu/KinectDatasets/HOJ3D.html",),
    folder="action_utkinect",
    files=(
        PublishedFile(
            "body_model.mat",
            "f7c2d0505218e292e85e3334d8ab508950dc12b058d3d1b0ee67fbac33379b02",
            1_041,
        ),
        PublishedFile(
            "joints/actionLabel.txt",
            "84800323d594837a1a17a8c9ea4c2da340c97996936f133032018a3e0371e273",
            3_680,
        ),
        PublishedFile(
            "joints/actionLabel_modified.txt",
            "41def25e61f5bdadc5bec675e3474c51bff571a406cac8cd46876f07f2a6e38a",
            3_680,
        ),
        PublishedFile(
            "joints/joints_s01_e01.txt.gz",
            "0da51d699c1e38260af9ca998c7b2e08c9de7fffbac6df18ca5cab58b1af4964",
            132_361,
            "content",
        ),
        PublishedFile(
            "joints/joints_s01_e02.txt.gz",
            "89992a9a690bbc2c3d58304f425b225387940d15781231b8d2acb20664a9d9df",
            153_141,
            "content",
        ),
        PublishedFile(
            "joints/joints_s02_e01.txt.gz",
            "7eec2d5854b02a1f74e6b47340d054efe789063e0ee02246aae18f915466acbf",
            142_037,
            "content",
        ),
        PublishedFile(
            "joints/joints_s02_e02.txt.gz",
            "8e0d8eea09d9cadbfb1b7dddddb839949b70c4217985a0628269ddf98ff66841",
            178_874,
            "content",
        ),
        PublishedFile(
            "joints/joints_s03_e01.txt.gz",
            "ae798fcc1b9ab2c367c93202b6e9c52cd7e451bb638fdfc5714fd07770810b39",
            178_511,
            "content",
        ),
        PublishedFile(
            "joints/joints_s03_e02.txt.gz",
            "859e653b2694fc63c6042761c1458800a4dbbe652f53cd8cefe40baf23a700ea",
            203_682,
            "content",
        ),
        PublishedFile(
            "joints/joints_s04_e01.txt.gz",
            "3a1244f544cb9e7e4c5d72a074762d2f6cea856beaaf450d6f83a34d0e21c70b",
            129_084,
            "content",
        ),
        PublishedFile(
            "joints/joints_s04_e02.txt.gz",
            "a49291cae5b1e52ef8e82fb9f2b7cc0ae3879a34a1ae36aa6cc31761ebd381c4",
            316_800,
            "content",
        ),
        PublishedFile(
            "joints/joints_s05_e01.txt.gz",
            "0d5c896ca26c2e4529f2784298d5f29995e737cc8810be97c96a5f9d031bc13f",
            194_714,
            "content",
        ),
        PublishedFile(
            "joints/joints_s05_e02.txt.gz",
            "f6b0a48b4a1b40698e5de2250aaee1bcf10661a3c63f0f87ebbd4e4a1dd27b40",
            125_931,
            "content",
        ),
        PublishedFile(
            "joints/joints_s06_e01.txt.gz",
            "32dba66af4f043ca2893fd1be2149fa56615ba0f8270ac67513bb17fbc3369a4",
            156_602,
            "content",
        ),
        PublishedFile(
            "joints/joints_s06_e02.txt.gz",
            "8a9ebe1b9c2864e4b79a56dc46068530944f931397969631924f57fd06b44f5e",
            169_390,
            "content",
        ),
        PublishedFile(
            "joints/joints_s07_e01.txt.gz",
            "37ce62788ec931acf196feb0af6d99df520c02a2a90f73e15d46ab8e2c6f2d12",
            202_613,
            "content",
        ),
        PublishedFile(
            "joints/joints_s07_e02.txt.gz",
            "990db6d08abf2b04ea76a56f2c1350625ebb805cf6c530a7013a4af4cced0dc8",
            148_141,
            "content",
        ),
        PublishedFile(
            "joints/joints_s08_e01.txt.gz",
            "1e5ff82220c50137a12a2791d31e5baa89792df87b2df537cb0545b067a018fa",
            146_109,
            "content",
        ),
        PublishedFile(
            "joints/joints_s08_e02.txt.gz",
            "381beef2d90cf8de810fde2c9e1542323a624f73e548793bf3b83db5aee92efa",
            142_134,
            "content",
        ),
        PublishedFile(
            "joints/joints_s09_e01.txt.gz",
            "5198c949338b59289aac574d2dad69f40cb526a6626933d9a0032d2f5c9bcbd8",
            318_318,
            "content",
        ),
        PublishedFile(
            "joints/joints_s09_e02.txt.gz",
            "a3218ddb422df3a92051e3710e5cc482c857ed2e03600a2673272a7223907642",
            307_251,
            "content",
        ),
        PublishedFile(
            "joints/joints_s10_e01.txt.gz",
            "ca30ec6490d0b1b69cf0a4cf30c912092525911b65e802681b3eef8c2b0bcbb9",
            224_298,
            "content",
        ),
        PublishedFile(
            "joints/joints_s10_e02.txt.gz",
            "8abdf619da7388bd168469b43d653e230f4713df952aa68119242a1b436d0380",
            151_535,
            "content",
        ),
        PublishedFile(
            "tr_te_splits.mat",
            "99f7e8a7e579c998a7aa41f8467456bf22b9e4ea0bd87bd26d09bcf6854b856d",
            323,
        ),
    ),
    size="199 segments of 10 actions, by 10 subjects, twice each",
    licence="unclear: for research",
    citation="L. Xia, C.-C. Chen, J. K. Aggarwal (2012). View invariant human action recognition "
    "using histograms of 3D joints. CVPR Workshops 2012.",
    protocol="Leave one sequence out, or half of the subjects against the other half in ten "
    "splits; accuracy.",
    read_by=("utkinect",),
    by_hand="Take the skeletons and the labels of actions from the official page and compress "
    f"each joints_*.txt with gzip; they and the splits (*.mat) lie also in {_KINECT}, "
    "data/UTKinect.",
)
