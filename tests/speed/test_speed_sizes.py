from pathlib import Path

import pytest

from relu_bench.errors import ReluBenchError
from relu_bench.speed.cells import UNITS, Caches, Size, caches, chosen, given

KIB, MIB = 1 << 10, 1 << 20


def write_caches(folder: Path, *rows: tuple[str, str, str]) -> Path:
    for number, values in enumerate(rows):
        index = folder / f"index{number}"
        index.mkdir()
        for name, value in zip(("type", "level", "size"), values, strict=True):
            (index / name).write_text(f"{value}\n")
    return folder


def test_the_caches_are_read_as_linux_tells_them(tmp_path: Path) -> None:
    folder = write_caches(
        tmp_path,
        ("Data", "1", "48K"),
        ("Instruction", "1", "32K"),
        ("Unified", "2", "1024K"),
        ("Unified", "3", "32768K"),
    )
    assert caches(folder) == Caches(second=MIB, last=32 * MIB)


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    assert caches(tmp_path / "nothing") == Caches()
    folder = write_caches(tmp_path, ("Unified", "2", "1 MiB"), ("Data", "1", "32K"))
    (folder / "index2").mkdir()
    assert caches(folder) == Caches(second=None, last=32 * KIB)


@pytest.mark.parametrize(
    ("known", "small", "large"),
    [
        (Caches(MIB, 32 * MIB), 1 << 15, 1 << 23),
        (Caches(1280 * KIB, 24 * MIB), 1 << 15, 1 << 23),
        (Caches(512 * KIB, 8 * MIB), 1 << 14, 1 << 21),
        (Caches(32 * KIB, 32 * KIB), 1 << 12, 1 << 20),
        (Caches(64 * MIB, 512 * MIB), 1 << 18, 1 << 23),
        (Caches(), 1 << 14, 1 << 22),
        (Caches(last=32 * MIB), 1 << 14, 1 << 22),
    ],
)
def test_the_sizes_follow_the_caches(known: Caches, small: int, large: int) -> None:
    fitting, not_fitting = chosen(known)
    assert (fitting.name, fitting.elements) == ("cache", small)
    assert (not_fitting.name, not_fitting.elements) == ("memory", large)


def test_four_tensors_fit_half_the_second_level_and_two_are_twice_the_last() -> None:
    fitting, not_fitting = chosen(Caches(MIB, 32 * MIB))
    assert 4 * 4 * fitting.elements == MIB // 2
    assert 2 * 4 * not_fitting.elements == 2 * 32 * MIB


def test_the_sizes_of_this_machine_are_whole_rows() -> None:
    assert all(size.elements % UNITS == 0 for size in chosen())


def test_a_size_in_words() -> None:
    assert [size.described for size in chosen(Caches(MIB, 32 * MIB))] == [
        "32,768 elements, 128 KiB a tensor; a core's second cache has 1 MiB",
        "8,388,608 elements, 32 MiB a tensor; the last cache level has 32 MiB",
    ]
    assert chosen(Caches())[0].described == (
        "16,384 elements, 64 KiB a tensor: the caches' sizes are unknown here"
    )


def test_sizes_of_ones_own() -> None:
    assert given([4096, 256, 4096]) == (Size("256", 256, ""), Size("4096", 4096, ""))


@pytest.mark.parametrize("number", [0, -128, 100, 129, (1 << 26) + 128])
def test_sizes_that_cannot_be_measured(number: int) -> None:
    with pytest.raises(ReluBenchError) as raised:
        given([256, number])
    assert str(raised.value) == (
        f"A tensor of {number:,} elements cannot be measured: give a multiple of 128 "
        "(the units of the layer), from 128 to 67,108,864."
    )
