"""What is said of a folder that is no store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from relu_bench.errors import StoreError
from relu_bench.store import Store, merge, read
from relu_bench.store.reading import check_is_store
from relu_bench.store.status import progress

RUN_WROTE = "Name the folder that `relu-bench run` wrote to (--out, by default `results`)."
LOOKS: tuple[Callable[[Path], object], ...] = (
    check_is_store,
    lambda folder: read(folder, "layers"),
    lambda folder: progress([folder]),
    lambda folder: merge([folder], Path("out")),
)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said_of(folder: str) -> str:
    """The one message of all that look."""
    messages = set()
    for look in LOOKS:
        with pytest.raises(StoreError) as caught:
            look(Path(folder))
        messages.add(str(caught.value))
    (message,) = messages
    return message


def stores(*names: str) -> None:
    for name in names:
        Store(Path(name)).prepare()


def test_a_store_is_one() -> None:
    stores("results")
    check_is_store(Path("results"))


@pytest.mark.parametrize(
    ("name", "out"),
    [("results", ""), ("other", " --out other"), ("my runs", " --out 'my runs'")],
)
def test_a_folder_that_is_not_there(name: str, out: str) -> None:
    assert said_of(name) == (
        f"There is no folder {name} yet: `relu-bench run CONFIG{out}` makes it, or name another."
    )


def test_a_folder_of_something_else() -> None:
    Path("other/deep").mkdir(parents=True)
    for name in ("other", "other/deep"):
        assert said_of(name) == (
            f"{name} is not a relu-bench store: it has no runs.csv. {RUN_WROTE}"
        )


def test_a_file_of_something_else() -> None:
    Path("notes.txt").touch()
    assert said_of("notes.txt") == f"notes.txt is a file, not a folder. {RUN_WROTE}"


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (["a", "b"], "results/*"),
        (["a"], "results/a"),
        (["a", "b", "c/notes"], "results/a results/b"),
        ([*"abcdefg", "notes"], "results/a results/b results/c results/d results/e ... (7 in all)"),
    ],
)
def test_a_folder_of_stores_names_them(names: list[str], meant: str) -> None:
    stores(*(f"results/{name}" for name in names if len(name) == 1))
    for name in names:
        Path("results", name).mkdir(parents=True, exist_ok=True)
    Path("results/.hidden").touch()
    assert said_of("results") == (
        f"results is not a relu-bench store: it has no runs.csv. Did you mean {meant}?"
    )


@pytest.mark.parametrize(("names", "meant"), [("a", "results/a"), ("ab", "one of results/*")])
def test_where_one_store_is_taken_one_of_several_is_meant(names: str, meant: str) -> None:
    stores(*(f"results/{name}" for name in names))
    with pytest.raises(StoreError) as caught:
        check_is_store(Path("results"), lone=True)
    assert str(caught.value) == (
        f"results is not a relu-bench store: it has no runs.csv. Did you mean {meant}?"
    )


def test_what_lies_in_a_store_names_the_store() -> None:
    stores("results/one")
    Path("results/one/plans").mkdir()
    Path("results/one/plans/x.json").touch()
    store = "of the store results/one; name the folder results/one."
    assert said_of("results/one/epochs.csv") == f"results/one/epochs.csv is a file {store}"
    assert said_of("results/one/plans") == f"results/one/plans is a folder {store}"
    assert said_of("results/one/plans/x.json") == f"results/one/plans/x.json is a file {store}"


def test_a_folder_that_may_not_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("results").mkdir()

    def refuse(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    assert said_of("results") == (
        "results cannot be read (Permission denied). Look at the folder and its access rights."
    )
