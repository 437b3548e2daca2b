import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from relu_bench import __version__
from relu_bench.machine import provenance
from relu_bench.store.columns import RUNS, names


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a committed package folder, and none of the user's settings."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.org")
    package = tmp_path / "checkout/package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package.parent / "README").write_text("")
    git(package.parent, "init", "--quiet")
    git(package.parent, "add", "package", "README")
    git(package.parent, "commit", "--quiet", "--message", "first")
    return package


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


def test_describe_fills_its_columns_of_the_store() -> None:
    described = provenance.describe()
    assert set(described) <= set(names(RUNS))
    assert described["relu_bench_version"] == __version__
    assert described["tensorflow_version"] == metadata.version("tensorflow")
    assert described["keras_version"] == metadata.version("keras")
    assert described["host"]
    assert described["processor"]
    commit = described["git_commit"]
    assert commit is None or re.fullmatch(r"[0-9a-f]{12}(-dirty)?", commit)


def test_the_version_is_that_of_the_package() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    pyproject = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in pyproject


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert provenance.version_of("no-package-of-this-name") is None


def test_the_commit_of_a_checkout(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")[:12]
    assert provenance.git_commit(checkout) == commit
    (checkout.parent / "README").write_text("not the package")
    (checkout / "untracked.py").write_text("")
    assert provenance.git_commit(checkout) == commit
    (checkout / "__init__.py").write_text("changed = True")
    assert provenance.git_commit(checkout) == f"{commit}-dirty"


def test_an_installed_package_has_no_commit(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Installed into an environment that lies inside some other repository.
    installed = checkout / "site-packages/package"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert provenance.git_commit(installed) is None
    outside = tmp_path / "outside"
    outside.mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert provenance.git_commit(outside) is None


def test_a_machine_without_git_has_no_commit(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert provenance.git_commit(checkout) is None
