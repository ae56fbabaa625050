import pytest
import torch
from neural_scenes import (
    FRAMES,
    PAIRS,
    TOKENS,
    TRANSDUCERS,
    TRANSFORMER,
    TRANSFORMERS,
    alone,
    classifier,
    frame_batch,
    language_model,
    pair_batch,
    recurrent,
    seeded,
    token_batch,
    transducer,
    transformer,
)
from torch.testing import assert_close


def check(native_map, batch):
    """Every row that stands for something sums to 1 over real columns; every other is zero."""
    sums = native_map.values.sum(-1)
    assert_close(sums, native_map.row_mask[:, None].expand_as(sums).to(sums))
    off = native_map.values.where(~native_map.column_mask[:, None, None], 0.0)
    assert off.abs().max() == 0
    assert torch.equal(native_map.column_mask, batch.mask)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_every_transformer_maps_the_steps_before_the_one_that_is_predicted(name):
    model, batch = seeded(language_model, TRANSFORMERS[name], TOKENS), token_batch()
    for each in model.native_maps(batch):
        check(each, batch)
        assert each.values.triu(0).abs().max() == 0


def test_a_language_model_maps_the_step_that_is_predicted_to_the_steps_before_it():
    model, batch = seeded(language_model, TRANSFORMER, TOKENS), token_batch()
    maps = model.native_maps(batch)
    assert [each.name for each in maps] == ["decoder.0.self", "decoder.1.self"]
    for each in maps:
        check(each, batch)
        assert not each.row_mask[:, 0].any()
        assert torch.equal(each.row_mask[:, 1:], batch.mask[:, 1:])
        assert each.values.triu(0).abs().max() == 0
    steps = model.inputs(batch) + model.encoder.positions(0, 5)
    block = model.encoder.blocks[0]
    _, weights = block.attention(block.attention_norm(steps), batch.mask)
    assert_close(maps[0].values[0, :, 3], weights[0, :, 2])


def test_a_recurrent_language_model_looks_nowhere():
    assert seeded(language_model, recurrent(), TOKENS).native_maps(token_batch()) == []


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (TRANSFORMER, ["encoder.0.self", "encoder.1.self"]),
        (transformer(pooling="softmax"), ["encoder.0.self", "encoder.1.self", "pooling"]),
        (
            transformer(pooling="self_attention", n_layers=1),
            ["encoder.0.self", "pooling", "pooling.self"],
        ),
        (recurrent("lstm"), []),
        (recurrent("gru", "weighted_sum_linear"), ["pooling"]),
        (alone("multi_head"), ["pooling"]),
        (alone("self_attention"), ["pooling", "pooling.self"]),
    ],
)
def test_a_classifier_maps_every_mechanism_inside(config, names):
    model, batch = seeded(classifier, config, FRAMES), frame_batch()
    maps = model.native_maps(batch)
    assert [each.name for each in maps] == names
    for each in maps:
        check(each, batch)
        assert each.values.shape[2] == (1 if each.name == "pooling" else 5)


@pytest.mark.parametrize("name", TRANSDUCERS)
def test_a_transducer_maps_target_steps_to_input_steps(name):
    model, batch = seeded(transducer, TRANSDUCERS[name], PAIRS), pair_batch()
    maps = model.native_maps(batch)
    crosses = [each for each in maps if each.name.endswith("cross")]
    assert len(crosses) == {
        "gru": 0,
        "transformer_copying": 2,
        **dict.fromkeys(TRANSFORMERS, 2),
    }.get(name, 1)
    for each in maps:
        check(each, batch)
    for each in crosses:
        assert torch.equal(each.row_mask, batch.target.mask)


def test_the_map_of_a_transducer_is_what_made_its_context():
    model, batch = seeded(transducer, TRANSDUCERS["lstm"], PAIRS), pair_batch()
    (cross,) = model.native_maps(batch)
    source = model.encoder(model.inputs(batch), batch.mask)
    seen = []
    model.combine.register_forward_hook(lambda _module, given, _made: seen.append(given[0]))
    model.target_logits(batch)
    context = seen[0][..., :8]
    expected = cross.values[:, 0] @ source
    assert_close(expected[batch.target.mask], context[batch.target.mask])
