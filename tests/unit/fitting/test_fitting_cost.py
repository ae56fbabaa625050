import time

import psutil

from seqarena.fitting.cost import CostMeter, peak_memory_bytes


def test_sleep_costs_wall_time_and_hardly_any_processor_time():
    meter = CostMeter.start()
    time.sleep(0.05)
    cost = meter.stop()
    assert 0.05 <= cost.wall_seconds < 1.0
    assert cost.cpu_seconds < 0.04


def test_work_costs_processor_time():
    meter = CostMeter.start()
    while time.process_time() - meter.began_cpu < 0.02:
        sum(range(1000))
    assert meter.stop().cpu_seconds >= 0.02


def test_the_peak_is_in_bytes_and_no_smaller_than_what_is_resident_now():
    resident = psutil.Process().memory_info().rss
    assert 0.9 * resident <= peak_memory_bytes() < psutil.virtual_memory().total
