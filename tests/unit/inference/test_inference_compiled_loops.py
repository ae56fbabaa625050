import numba
import numpy as np

from seqarena.inference.compiled_loops import compiled


def double(values):
    for place in range(len(values)):
        values[place] *= 2


def test_a_compiled_loop_does_what_the_loop_does_and_flushes_nothing_to_zero():
    values = np.array([1.0, 1e-310, np.inf])
    compiled(double)(values)
    assert values.tolist() == [2.0, 2e-310, np.inf]
    assert compiled(double) is compiled(double)
    assert np.float64(1e-310) * 1 > 0


def test_where_no_folder_can_keep_machine_code_the_loop_is_compiled_all_the_same(monkeypatch):
    asked = []

    def refusing(cache=False, **options):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda loop: loop

    monkeypatch.setattr(numba, "njit", refusing)
    assert compiled.__wrapped__(double) is double
    assert asked == [True, False]
