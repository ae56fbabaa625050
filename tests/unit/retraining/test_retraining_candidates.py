import pytest

from seqarena.errors import ArtifactError
from seqarena.experiment.diverged import write_diverged
from seqarena.experiment.layout import Workspace
from seqarena.retraining.candidates import best_candidate


def test_where_every_fit_diverged_there_is_no_challenger_and_it_says_so(tmp_path):
    workspace = Workspace(tmp_path, tmp_path)
    message = "seed 0: the training loss is nan; lower the learning rate."
    write_diverged(workspace.fit("vowels-gru"), {0: message, 1: "another"})
    with pytest.raises(ArtifactError) as caught:
        best_candidate(workspace, ["vowels-gru", "vowels-hmm"])
    expected = f"every fit of vowels-gru, vowels-hmm diverged (2), the first because: {message}"
    assert expected in str(caught.value)
