"""The configs that come with relu-bench: in the checkout's `configs/`, or inside the wheel."""

import os
from dataclasses import dataclass
from pathlib import Path

from relu_bench import output_files
from relu_bench.components.registry import nearest
from relu_bench.errors import ReluBenchError, show

_PACKAGE = Path(__file__).parent.parent
_PLACES = (_PACKAGE / "configs", _PACKAGE.parent / "configs")


@dataclass(frozen=True)
class ShippedConfig:
    """A config and its first comment line, which says what it shows."""

    name: str
    summary: str
    text: str


def all_configs() -> tuple[ShippedConfig, ...]:
    """The shipped configs, by name."""
    folder = next((place for place in _PLACES if place.is_dir()), _PLACES[0])
    return tuple(_read(path) for path in sorted(folder.glob("*.yaml")))


def write(name: str, path: Path) -> Path:
    """Write the config `name` to `path`.

    Raises:
        ReluBenchError: when there is no such config, or `path` exists or cannot be written.
    """
    configs = {config.name: config for config in all_configs()}
    name = name.removesuffix(".yaml")
    if name not in configs:
        raise ReluBenchError(
            f"there is no shipped config {show(name)}.{nearest(name, configs)} "
            f"There are: {', '.join(configs)}"
        )
    try:
        output_files.make_place(path)
        if os.path.lexists(path):
            raise ReluBenchError(f"{path} exists already; name another with --to FILE.")
        output_files.write(path, configs[name].text.encode())
    except IsADirectoryError as error:
        raise ReluBenchError(f"{path} is a folder; name a file: --to {path / name}.yaml") from error
    except OSError as error:
        raise ReluBenchError(
            f"{path} cannot be written ({error.strerror or error}). "
            "Name a file that can be written with --to FILE."
        ) from error
    return path


def _read(path: Path) -> ShippedConfig:
    text = path.read_text(encoding="utf-8")
    comments = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
    summary = next((line for line in comments if not line.startswith("yaml-language")), "")
    return ShippedConfig(path.stem, summary, text)
