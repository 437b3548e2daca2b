"""A user's empty folder, with the stores and configs that the frozen commands are about."""

import importlib.metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = {
    "configs": ROOT / "configs",
    "reference": ROOT / "results" / "reference",
    "old": ROOT / "tests" / "store" / "golden" / "0.1.0",
    "old.yaml": ROOT / "tests" / "store" / "golden" / "config.yaml",
    "small": Path(__file__).with_name("stores") / "small",
    "ended": Path(__file__).with_name("stores") / "ended",
    "killed": Path(__file__).with_name("stores") / "killed",
}

# What computes is named in the paragraph for a paper, as it is installed.
VERSIONS = {"scipy": "1.17.1", "numpy": "2.4.6", "pandas": "3.1.1"}


@pytest.fixture
def folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to be in, with what is frozen and the same versions on every machine."""
    installed = importlib.metadata.version
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: VERSIONS.get(name) or installed(name)
    )
    for name, place in PLACES.items():
        (folder / name).symlink_to(place)
    return folder
