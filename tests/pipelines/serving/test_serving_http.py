"""`mlflow models serve`, of a folder and of a champion."""

import numpy as np
from serving_scenes import MARKS, asked, assert_near, posted, served

pytestmark = MARKS


def test_mlflow_serves_text_tokens_and_frames_over_http(model):
    with served(str(model("dates-gru"))) as address:
        texts = ["May 5, 1999", "January 17, 2004", "3 May 2011"]
        status, said = posted(address, dataframe_records=[{"text": text} for text in texts])
        assert status == 200
        wanted = asked(model("dates-gru"), [{"text": text} for text in texts])
        assert_near(said["predictions"], wanted)
        status, said = posted(
            address,
            dataframe_split={"columns": ["tokens"], "data": [[[1, 2, 3]], [[4]]]},
            params={"attention": True, "beam": 3, "n_best": 2},
        )
        assert status == 200
        first, second = said["predictions"]
        assert len(first["n_best"]) == 2 and len(second["attention"]["steps"]) == 1
        status, said = posted(address, dataframe_records=[{"text": texts[0]}, {"text": ""}])
        assert status == 400 and "row 1: the text is empty" in said["message"]
        assert posted(address, dataframe_records=[{"text": texts[0]}])[0] == 200
    with served(str(model("digits-gru"))) as address:
        frames = [np.eye(8)[:n].tolist() for n in (8, 3)]
        status, said = posted(address, dataframe_records=[{"frames": each} for each in frames])
        assert status == 200
        wanted = asked(model("digits-gru"), [{"frames": each} for each in frames])
        assert_near(said["predictions"], wanted)
        status, said = posted(address, dataframe_records=[{"frames": [[1.0, 2.0]]}])
        assert status == 400 and "row 0: frames: numbers of shape (1, 2) came" in said["message"]


def test_the_champion_of_a_task_is_served_by_its_name(model, registry):
    with served("models:/dates@champion", MLFLOW_TRACKING_URI=registry) as address:
        status, said = posted(address, dataframe_records=[{"text": "May 5, 1999"}])
    assert status == 200
    assert_near(said["predictions"], asked(model("dates-gru"), [{"text": "May 5, 1999"}]))
