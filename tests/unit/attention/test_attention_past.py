import torch
from torch.testing import assert_close

from seqarena.attention.past import StepCache


def steps(time, start=0):
    """Keys whose numbers are their places; values are their negatives."""
    key = torch.arange(start, start + time).float().expand(2, 3, time)[..., None].repeat(1, 1, 1, 4)
    return key, -key


def grown(cache, start, n, n_needed=None):
    for place in range(start, start + n):
        cache = cache.extended(*steps(1, place), n_needed=n_needed)
    return cache


def test_a_cache_holds_what_came_in_its_order():
    cache = grown(StepCache.of(*steps(3)), 3, 50)
    assert cache.n_steps == cache.n_kept == 53
    assert_close(cache.parts, steps(53))


def test_what_is_held_of_a_step_may_be_of_any_number_and_width():
    wide, narrow, heads = torch.randn(2, 40, 5), torch.randn(2, 40, 1), torch.randn(2, 3, 40, 4)
    cache = StepCache.of(wide[:, :1], narrow[:, :1], heads[:, :, :1])
    for at in range(1, 40):
        newest = slice(at, at + 1)
        cache = cache.extended(wide[:, newest], narrow[:, newest], heads[:, :, newest])
    assert_close(cache.parts, (wide, narrow, heads))


def test_n_steps_are_copied_into_fresh_room_a_logarithmic_number_of_times():
    cache, rooms = StepCache.of(*steps(1)), set()
    for place in range(1, 1000):
        cache = cache.extended(*steps(1, place))
        rooms.add(cache.room.parts[0].shape[2])
    assert sorted(rooms) == [16, 34, 70, 142, 286, 574, 1150]


def test_a_window_bounds_what_is_held():
    cache = grown(StepCache.of(*steps(1)), 1, 1000, n_needed=5)
    assert cache.n_steps == 1001
    assert cache.room.parts[0].shape[2] == 16
    assert_close(tuple(part[:, :, -6:] for part in cache.parts), steps(6, 995))


def test_two_values_that_grow_from_one_do_not_disturb_each_other():
    common = StepCache.of(*steps(3))
    one = common.extended(*steps(1, 100))
    other = common.extended(*steps(1, 200))
    assert one.parts[0][0, 0, :, 0].tolist() == [0, 1, 2, 100]
    assert other.parts[0][0, 0, :, 0].tolist() == [0, 1, 2, 200]
    assert common.parts[0][0, 0, :, 0].tolist() == [0, 1, 2]


def test_a_selection_repeats_and_reorders_rows_and_grows_by_itself():
    key, value = steps(2)
    cache = StepCache.of(key + torch.tensor([0.0, 10.0])[:, None, None, None], value)
    chosen = cache.select(torch.tensor([1, 1, 0]))
    longer = chosen.extended(torch.full((3, 3, 1, 4), 7.0), torch.zeros(3, 3, 1, 4))
    assert longer.parts[0][:, 0, :, 0].tolist() == [[10, 11, 7], [10, 11, 7], [0, 1, 7]]
    assert longer.n_steps == 3
    assert longer.room is chosen.room
    assert cache.parts[0][:, 0, :, 0].tolist() == [[0, 1], [10, 11]]
