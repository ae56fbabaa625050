"""What a packaged model answers is what its family says."""

import numpy as np
import pytest
import torch
from serving_scenes import MARKS, asked, rows_of, scene

from seqarena.answering.own_input import OwnInput
from seqarena.batch import collate_all, sequences_of
from seqarena.retraining.serving.loader import load_packaged

pytestmark = MARKS


@pytest.mark.parametrize("experiment", ["digits-gru", "digits-hmm"])
def test_a_classifier_gives_the_probabilities_of_the_family(root, model, experiment):
    family, manifest, sequences = scene(root, experiment)
    with torch.inference_mode():
        wanted = family.class_log_prob(collate_all(sequences)).double().exp().numpy()
    answers = asked(model(experiment), rows_of(sequences))
    for row, answer in enumerate(answers):
        said = {each["name"]: each["probability"] for each in answer["probabilities"]}
        assert [said[name] for name in manifest.class_names] == wanted[row].tolist()
        assert answer["label"] == manifest.class_names[wanted[row].argmax()]
        assert answer["probability"] == wanted[row].max()


@pytest.mark.parametrize("experiment", ["lagged-markov", "lagged-hmm", "lagged-transformer"])
def test_a_density_scores_every_step_and_names_the_next_symbols(root, model, experiment):
    family, manifest, sequences = scene(root, experiment, n=4)
    with torch.inference_mode():
        steps = family.step_log_prob(collate_all(sequences)).double()
    for row, answer in enumerate(asked(model(experiment), rows_of(sequences), top_k=3)):
        np.testing.assert_allclose(answer["step_log_prob"], steps[row].tolist(), atol=1e-6)
        assert answer["log_prob"] == pytest.approx(float(steps[row].sum()), abs=1e-6)
        assert len(answer["next"]) == 3
    short = sequences_of([sequences.sequence(0)[:7]])
    with torch.inference_mode():
        following = family.next_log_prob(collate_all(short))[0].double().exp()
    (answer,) = asked(model(experiment), rows_of(short), top_k=len(following))
    said = {each["name"]: each["probability"] for each in answer["next"]}
    assert [said[name] for name in manifest.symbols] == following.tolist()


def test_a_density_of_frames_has_a_score_and_no_next_symbol(root, model):
    family, _, sequences = scene(root, "walks-gmm", n=3)
    with torch.inference_mode():
        wanted = family.log_prob(collate_all(sequences)).double().tolist()
    answers = asked(model("walks-gmm"), rows_of(sequences))
    assert [answer["log_prob"] for answer in answers] == pytest.approx(wanted, abs=1e-6)
    assert all("next" not in answer for answer in answers)


def test_a_text_longer_than_a_window_is_scored_as_the_test_of_the_task_is(root, model):
    family, manifest, _ = scene(root, "prose-gru", n=1)
    text = (root / "prose.txt").read_text()[-41:]
    with torch.inference_mode():
        (told,) = load_packaged(model("prose-gru")).answer([OwnInput(text=text)])
    token = {symbol: index for index, symbol in enumerate(manifest.symbols)}
    tokens = np.array([token[each] for each in text])
    windows = [(0, 16, 0), (8, 24, 8), (16, 32, 8), (24, 40, 8), (32, 41, 8)]
    wanted = []
    for start, end, scored_from in windows:
        with torch.inference_mode():
            own = family.step_log_prob(collate_all(sequences_of([tokens[start:end]])))[0]
        wanted += own[scored_from:].double().tolist()
    np.testing.assert_allclose(told.answer.step_log_prob, wanted, atol=1e-6)
    assert told.answer.n_steps == 41


def test_a_text_goes_on_with_what_the_family_calls_likeliest(root, model):
    family, manifest, _ = scene(root, "prose-gru", n=1)
    text = "the cat sat"
    (answer,) = asked(model("prose-gru"), [{"text": text}], n_steps=4, temperature=0.0)
    token = {symbol: index for index, symbol in enumerate(manifest.symbols)}
    tokens, total = [token[each] for each in text], 0.0
    for _ in range(4):
        with torch.inference_mode():
            following = family.next_log_prob(collate_all(sequences_of([np.array(tokens)])))[0]
        tokens.append(int(following.argmax()))
        total += float(following.max())
    assert answer["continuation"] == "".join(manifest.symbols[each] for each in tokens[-4:])
    assert answer["continuation_log_prob"] == pytest.approx(total, abs=1e-6)
    again = [asked(model("prose-gru"), [{"text": text}], n_steps=9, seed=7) for _ in range(2)]
    assert again[0] == again[1] and len(again[0][0]["continuation"]) == 9


def test_a_tagger_gives_the_tags_and_their_probabilities(root, model):
    family, manifest, sequences = scene(root, "states-gru", n=4)
    with torch.inference_mode():
        probs = family.tag_probs(collate_all(sequences)).double()
        tags = family.tag(collate_all(sequences))
    for row, answer in enumerate(asked(model("states-gru"), rows_of(sequences), top_k=2)):
        assert answer["tags"] == [manifest.tag_names[tag] for tag in tags[row].tolist()]
        assert answer["probabilities"] == probs[row].gather(1, tags[row][:, None])[:, 0].tolist()
        best = probs[row].sort(descending=True).values[:, :2].tolist()
        said = [[each["probability"] for each in step] for step in answer["choices"]]
        np.testing.assert_allclose(said, best, rtol=1e-12)


def test_a_transducer_writes_what_the_family_writes(root, model):
    family, manifest, sequences = scene(root, "dates-gru")
    batch = collate_all(sequences)
    with torch.inference_mode():
        generation = family.generate(batch, manifest.schema.max_target_length)
    end = manifest.schema.target_end
    for row, answer in enumerate(asked(model("dates-gru"), rows_of(sequences))):
        tokens = generation.tokens[row, : int(generation.lengths[row])].tolist()
        assert answer["output"] == "".join(manifest.target_symbols[t] for t in tokens if t != end)
        assert answer["is_ended"] == (end in tokens)


def test_the_outputs_of_a_beam_are_those_of_a_family_that_was_fitted_to_it(root, model):
    family, manifest, sequences = scene(root, "dates-gru", n=2)
    family.decoding = family.decoding.model_copy(update={"beam": 4, "n_best": 3})
    with torch.inference_mode():
        found = family.generate(collate_all(sequences), manifest.schema.max_target_length).n_best
    answers = asked(model("dates-gru"), rows_of(sequences), beam=4, n_best=3)
    for row, answer in enumerate(answers):
        said = [(each["log_prob"], each["score"]) for each in answer["n_best"]]
        wanted = zip(found.log_prob[row].tolist(), found.scores[row].tolist(), strict=True)
        np.testing.assert_allclose(said, list(wanted), atol=1e-6)
        assert answer["output"] == answer["n_best"][0]["output"]


def test_a_target_that_is_given_gets_its_probability(root, model):
    family, manifest, sequences = scene(root, "dates-gru", n=2)
    with torch.inference_mode():
        wanted = family.log_prob(collate_all(sequences)).double().tolist()
    end = manifest.schema.target_end
    rows = rows_of(sequences)
    for row, cells in enumerate(rows):
        tokens = sequences.target.sequence(row).tolist()
        cells["target"] = "".join(manifest.target_symbols[t] for t in tokens if t != end)
    answers = asked(model("dates-gru"), rows)
    assert [one["target_log_prob"] for one in answers] == pytest.approx(wanted, abs=1e-6)


def test_an_aligner_gives_the_links_of_the_family(root, model):
    family, manifest, sequences = scene(root, "words-ibm", n=4)
    batch = collate_all(sequences)
    end = manifest.schema.target_end
    rows = rows_of(sequences)
    for row, cells in enumerate(rows):
        tokens = sequences.target.sequence(row).tolist()
        cells["target"] = " ".join(manifest.target_symbols[t] for t in tokens if t != end)
    with torch.inference_mode():
        links, log_prob = family.links(batch), family.log_prob(batch).double().tolist()
    answers = asked(model("words-ibm"), rows)
    for row, answer in enumerate(answers):
        assert [[each["source"], each["target"]] for each in answer["links"]] == links[row].tolist()
        for each in answer["links"]:
            symbol = sequences.sequence(row)[each["source"]]
            assert each["source_symbol"] == manifest.symbols[symbol]
    assert [answer["log_prob"] for answer in answers] == pytest.approx(log_prob, abs=1e-6)


@pytest.mark.parametrize("experiment", ["items-markov", "items-gru"])
def test_a_recommender_ranks_what_was_not_chosen_before(root, model, experiment):
    family, manifest, sequences = scene(root, experiment)
    with torch.inference_mode():
        log_prob = family.next_log_prob(collate_all(sequences)).double()
    answers = asked(model(experiment), rows_of(sequences), top_k=100)
    for row, answer in enumerate(answers):
        seen = set(sequences.sequence(row).tolist())
        said = {each["name"]: each["probability"] for each in answer["items"]}
        left = [item for item in range(30) if item not in seen]
        assert set(said) == {manifest.symbols[item] for item in left}
        probs = log_prob[row].exp()
        np.testing.assert_allclose(
            [said[manifest.symbols[item]] for item in left], probs[left].tolist(), rtol=1e-12
        )
        ranked = [each["probability"] for each in answer["items"]]
        assert ranked == sorted(ranked, reverse=True)
