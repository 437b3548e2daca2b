"""Where a number comes from: versions, hardware, the commit of the code."""

import hashlib
import subprocess
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from relu_bench import __version__
from relu_bench.machine import hardware

_PACKAGE = Path(__file__).parent.parent


@lru_cache(maxsize=1)
def describe() -> dict[str, str | None]:
    """The provenance cells of runs.csv. Versions are read without importing the packages."""
    return {
        "host": hardware.host(),
        "processor": hardware.processor(),
        "relu_bench_version": __version__,
        "tensorflow_version": version_of("tensorflow"),
        "keras_version": version_of("keras"),
        "git_commit": git_commit(_PACKAGE),
    }


def version_of(package: str) -> str | None:
    """The installed version of a package, None when it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Of all of relu-bench's code, 12 hex digits: equal versions can have been edited."""
    folder = _PACKAGE
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()[:12]


def git_commit(folder: Path) -> str | None:
    """The commit of the checkout that `folder` is tracked in, with `-dirty` when it was changed.

    None for an installed wheel, whose files no repository tracks.
    """
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", ".")
    return f"{commit}-dirty" if changed else commit


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
