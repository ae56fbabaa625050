import math

from seqarena.logspace import NATS_PER_BIT, bits


def test_one_bit_is_the_logarithm_of_two():
    assert bits(math.log(2)) == 1.0
    assert math.log(2) == NATS_PER_BIT
