"""What is measured: every activation in each mode, each pass and each size.

There are two sizes of tensors by default: one that fits the cache, and one that does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from relu_bench.components.labels import LabelError, parse
from relu_bench.errors import ReluBenchError
from relu_bench.networks import activations

UNITS = 128
"""Columns of every tensor, as of a hidden layer: the slopes of PReLU are one a unit."""

_BYTES = 4
# Forward and backward read the input and the gradient from above, and write the output and the
# gradient from below.
_TENSORS = 4
_FOLDER = Path("/sys/devices/system/cpu/cpu0/cache")
_UNKNOWN = (1 << 14, 1 << 22)
_FITTING = (1 << 12, 1 << 18)
_NOT_FITTING = (1 << 20, 1 << 23)


@dataclass(frozen=True)
class Size:
    """How many elements a tensor has, what the size is called, and why it was taken."""

    name: str
    elements: int
    reason: str

    @property
    def described(self) -> str:
        """Elements, bytes and reason in words."""
        return f"{self.elements:,} elements, {_bytes(self.elements * _BYTES)} a tensor{self.reason}"


@dataclass(frozen=True)
class Caches:
    """Bytes of a core's second-level cache and of the last level; None where unknown."""

    second: int | None = None
    last: int | None = None


def caches(folder: Path = _FOLDER) -> Caches:
    """The caches of the first core, as Linux tells; nothing elsewhere."""
    found: dict[int, int] = {}
    for index in sorted(folder.glob("index*")):
        try:
            kind, level, size = (
                (index / name).read_text(encoding="ascii").strip()
                for name in ("type", "level", "size")
            )
            if kind in ("Data", "Unified"):
                found[int(level)] = int(size.removesuffix("K")) * 1024
        except (OSError, ValueError):
            continue
    return Caches(found.get(2), found[max(found)] if found else None)


def chosen(known: Caches | None = None) -> tuple[Size, Size]:
    """The two sizes for this machine's caches, `cache` and `memory`; both powers of two.

    `cache`: all tensors of a forward and a backward pass fill at most half of the second-level
    cache. `memory`: input and output alone are twice as large as the last level, up to 8 million
    elements (32 MiB a tensor), which larger caches hold in part.

    Args:
        known: the caches; those of this machine when left out.
    """
    known = caches() if known is None else known
    if known.second is None or known.last is None:
        unknown = ": the caches' sizes are unknown here"
        return Size("cache", _UNKNOWN[0], unknown), Size("memory", _UNKNOWN[1], unknown)
    small = 1 << (known.second // (2 * _TENSORS * _BYTES)).bit_length() - 1
    large = 1 << (known.last // _BYTES - 1).bit_length()
    small = min(max(small, _FITTING[0]), _FITTING[1])
    large = min(max(large, _NOT_FITTING[0]), _NOT_FITTING[1])
    return (
        Size("cache", small, f"; a core's second cache has {_bytes(known.second)}"),
        Size("memory", large, f"; the last cache level has {_bytes(known.last)}"),
    )


def given(elements: Sequence[int]) -> tuple[Size, ...]:
    """Sizes that the user asks for, each once, from the smallest on; their names are the numbers.

    Raises:
        ReluBenchError: for a number that is not a multiple of `UNITS`, or too large.
    """
    most = 1 << 26
    for number in elements:
        if not UNITS <= number <= most or number % UNITS:
            raise ReluBenchError(
                f"A tensor of {number:,} elements cannot be measured: give a multiple of {UNITS} "
                f"(the units of the layer), from {UNITS} to {most:,}."
            )
    return tuple(Size(str(number), number, "") for number in sorted(set(elements)))


def _bytes(number: int) -> str:
    return f"{number / 2**20:g} MiB" if number >= 2**20 else f"{number / 2**10:g} KiB"


Mode = Literal["compiled", "eager", "numpy"]
Passes = Literal["forward", "forward+backward"]
MODES: tuple[Mode, ...] = get_args(Mode)
PASSES: tuple[Passes, ...] = get_args(Passes)
REFERENCE = "relu"
"""The activation that all others are compared with; measured whether or not it is named."""


@dataclass(frozen=True)
class Cell:
    """One thing to measure. `activation` is a canonical label."""

    activation: str
    mode: Mode
    passes: Passes
    size: Size

    @property
    def reference(self) -> "Cell":
        """The same of relu."""
        return Cell(REFERENCE, self.mode, self.passes, self.size)


def cells(labels: Sequence[str], sizes: Sequence[Size]) -> list[Cell]:
    """Every cell of these labels and relu, from the smallest size on.

    A function of the user's own has no NumPy formula, so it has no cells in that mode.
    """
    return [
        Cell(label, mode, passes, size)
        for size in sorted(sizes, key=lambda size: size.elements)
        for label in dict.fromkeys((REFERENCE, *labels))
        for mode in MODES
        for passes in PASSES
        if not (mode == "numpy" and parse(label).is_own)
    ]


def short(label: str) -> str:
    """The bare name of an activation with its default parameters, else the whole label."""
    name = parse(label).name
    try:
        return name if activations.canonical(name) == label else label
    except LabelError:
        return label
