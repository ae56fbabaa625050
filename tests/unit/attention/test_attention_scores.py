import math

import torch
from torch.testing import assert_close

from seqarena.attention.additive_score import AdditiveScore
from seqarena.attention.dot_scores import DotScore, GeneralScore, ScaledDotScore
from seqarena.attention.linear_score import LinearScore
from seqarena.attention.softmax import scaled_dot_scores


@torch.no_grad()
def test_linear_scores_are_a_content_term_plus_a_location_term():
    score = LinearScore(query_dim=2, key_dim=3, max_key_time=4).double()
    query, key = torch.randn(2, 5, 2).double(), torch.randn(2, 4, 3).double()
    w, location = score.content.weight[0], score.location.weight
    expected = [
        [[w @ key[b, j] + location[j] @ query[b, i] for j in range(4)] for i in range(5)]
        for b in range(2)
    ]
    assert_close(score(query, key), torch.tensor(expected, dtype=torch.float64))


def test_places_beyond_the_last_row_are_scored_by_content_alone():
    score = LinearScore(query_dim=2, key_dim=3, max_key_time=2)
    query, key = torch.randn(1, 1, 2), torch.randn(1, 5, 3)
    assert_close(score(query, key)[0, 0, 2:], score.content(key)[0, 2:, 0])
    assert_close(score(query, key[:, :1]), score(query, key)[..., :1])


def test_a_term_of_the_query_alone_cancels_in_the_softmax():
    content, of_query = torch.randn(1, 1, 5).double(), torch.randn(1, 4, 1).double()
    together = (content + of_query).softmax(-1)
    assert_close(together, content.softmax(-1).expand(1, 4, 5))


def test_linear_scores_without_a_query_depend_on_the_key_alone():
    score = LinearScore(query_dim=0, key_dim=3, max_key_time=2)
    key = torch.randn(2, 4, 3)
    assert_close(score(torch.empty(2, 1, 0), key), score.content(key).mT)
    assert [name for name, _ in score.named_parameters()] == ["content.weight"]


@torch.no_grad()
def test_additive_scores_are_one_hidden_layer_over_query_and_key():
    score = AdditiveScore(query_dim=2, key_dim=3, score_dim=4).double()
    query, key = torch.randn(2, 5, 2).double(), torch.randn(2, 6, 3).double()
    w, u, b = score.of_query.weight, score.of_key.weight, score.of_key.bias
    v = score.direction.weight[0]
    expected = [
        [[v @ torch.tanh(w @ query[n, i] + u @ key[n, j] + b) for j in range(6)] for i in range(5)]
        for n in range(2)
    ]
    assert_close(score(query, key), torch.tensor(expected, dtype=torch.float64))


def test_additive_scores_without_a_query_depend_on_the_key_alone():
    score = AdditiveScore(query_dim=0, key_dim=3, score_dim=4)
    key = torch.randn(2, 6, 3)
    expected = score.direction(torch.tanh(score.of_key(key))).mT
    assert_close(score(torch.empty(2, 1, 0), key), expected)


def test_scaled_dot_scores_divide_by_the_root_of_the_width():
    query, key = torch.randn(1, 2, 9).double(), torch.randn(1, 3, 9).double()
    expected = [[query[0, i] @ key[0, j] / math.sqrt(9) for j in range(3)] for i in range(2)]
    assert_close(scaled_dot_scores(query, key)[0], torch.tensor(expected, dtype=torch.float64))


@torch.no_grad()
def test_dot_general_and_scaled_scores_are_the_products_that_they_say():
    query, key = torch.randn(2, 5, 3).double(), torch.randn(2, 4, 3).double()
    general = GeneralScore(query_dim=3, key_dim=3).double()
    w = general.of_query.weight
    products = {
        DotScore(3, 3): lambda q, k: q @ k,
        ScaledDotScore(3, 3): lambda q, k: q @ k / math.sqrt(3),
        general: lambda q, k: k @ w @ q,
    }
    for score, product in products.items():
        expected = [
            [[product(query[b, i], key[b, j]) for j in range(4)] for i in range(5)]
            for b in range(2)
        ]
        assert_close(score(query, key), torch.tensor(expected, dtype=torch.float64))


def test_only_the_general_score_learns_something():
    sizes = [len(list(kind(3, 3).parameters())) for kind in (DotScore, ScaledDotScore)]
    assert sizes == [0, 0]
    assert [name for name, _ in GeneralScore(2, 3).named_parameters()] == ["of_query.weight"]
