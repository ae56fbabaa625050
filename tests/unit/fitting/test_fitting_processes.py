import pytest
import torch

from seqarena.errors import ConfigError, SeqarenaWarning
from seqarena.fitting import strategy
from seqarena.fitting.processes import (
    barrier,
    copy_from_main,
    is_main_process,
    lists_of_all,
    n_processes,
    rank,
    sum_numbers,
    sum_over_processes,
)
from seqarena.fitting.protocols import HardwareConfig
from seqarena.fitting.strategy import DataParallel, placement


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch):
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)


def test_alone_everything_is_the_main_process_and_sums_are_what_they_were():
    tensor = torch.tensor([1.0, 2.0])
    assert (n_processes(), rank(), is_main_process()) == (1, 0, True)
    assert sum_over_processes(tensor) is tensor
    assert lists_of_all([tensor]) == [[tensor]]
    assert sum_numbers(3, 0.5) == [3.0, 0.5]
    barrier()
    copy_from_main([tensor])
    assert tensor.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["RANK", "LOCAL_RANK", "SLURM_PROCID"])
def test_before_the_first_fit_the_launcher_tells_the_rank(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert (rank(), is_main_process()) == (1, False)


def test_the_global_rank_counts_not_the_one_on_this_machine(monkeypatch):
    monkeypatch.setenv("RANK", "4")
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert rank() == 4


def test_a_cpu_is_one_process_unless_more_are_asked_for():
    place = placement(HardwareConfig(accelerator="cpu"), by_gradient=True)
    assert place == {
        "accelerator": "cpu",
        "devices": 1,
        "num_nodes": 1,
        "strategy": "auto",
        "precision": "32-true",
    }
    place = placement(HardwareConfig(accelerator="cpu", devices=2), by_gradient=True)
    assert place["devices"] == 2
    assert isinstance(place["strategy"], DataParallel)


def test_statistics_keep_their_own_precision(monkeypatch):
    monkeypatch.setattr(strategy, "computes_in_16_bits", lambda: True)
    hardware = HardwareConfig(accelerator="cpu", precision="bf16-mixed")
    assert placement(hardware, by_gradient=True)["precision"] == "bf16-mixed"
    assert placement(hardware, by_gradient=False)["precision"] == "32-true"


def test_16_bits_that_a_processor_must_emulate_are_warned_of(monkeypatch):
    monkeypatch.setattr(strategy, "computes_in_16_bits", lambda: False)
    hardware = HardwareConfig(accelerator="cpu", precision="bf16-mixed")
    with pytest.warns(SeqarenaWarning, match="far slower than 32 bits here; use '32-true'"):
        placement(hardware, by_gradient=True)
    placement(hardware, by_gradient=False)


def test_every_gpu_is_a_process(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    for accelerator in ("auto", "gpu"):
        place = placement(HardwareConfig(accelerator=accelerator), by_gradient=False)
        assert (place["accelerator"], place["devices"]) == ("cuda", 4)
    assert placement(HardwareConfig(accelerator="cpu"), by_gradient=True)["devices"] == 1


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigError) as error:
        placement(HardwareConfig(accelerator="gpu"), by_gradient=True)
    assert str(error.value) == (
        "hardware.accelerator: 'gpu', but torch finds no such device on this machine; use 'auto'"
        " or 'cpu'."
    )


def test_statistics_need_64_bits_and_so_leave_apples_gpus_alone(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    hardware = HardwareConfig(accelerator="gpu")
    assert placement(hardware, by_gradient=True)["accelerator"] == "mps"
    assert placement(hardware, by_gradient=False)["accelerator"] == "cpu"
