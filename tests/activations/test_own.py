"""`my_module.py:my_function` up to where it would be run: labels, identity, what is wrong."""

import hashlib
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from own_files import DANGEROUS, LEAKY, with_digits, write

from relu_bench.components.labels import LabelError, parse
from relu_bench.config import advice, yaml_source
from relu_bench.config.experiment import Experiment, from_document
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.settings import FIELDS
from relu_bench.networks import activations
from relu_bench.networks.activations import canonical, entry, facts, listing, source_of

TEXT = LEAKY.format(slope=0.1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def experiment_of(text: str, *sets: str) -> Experiment:
    return from_document(yaml_source.parse(text, "c.yaml"), sets, default_name="c")


def error_of(text: str) -> str:
    with pytest.raises(LabelError) as caught:
        canonical(text)
    return str(caught.value)


def test_the_label_holds_the_file_without_folders_and_8_digits_of_its_content() -> None:
    digits = write("acts/mine.py", TEXT)
    label = canonical("acts/mine.py:leaky")
    assert label == f"mine.py:leaky(source={digits})"
    assert canonical(label) == label
    assert canonical(f" acts/mine.py:leaky(source={digits}) ") == label
    source = source_of(label)
    assert source is not None
    assert source.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert source.path == Path("acts/mine.py").resolve()


@pytest.mark.parametrize("pattern", ["[0-9]{8}", "[0-9]e[0-9]{6}", "0[0-9a-f]{7}"])
def test_digits_that_look_like_a_number_stay_text(pattern: str) -> None:
    digits = write("mine.py", with_digits(TEXT, pattern))
    label = canonical("mine.py:leaky")
    assert label == f"mine.py:leaky(source={digits})"
    assert parse(label)["source"] == digits
    for given_as in (label, "mine.py:leaky"):
        experiment = experiment_of(f"activation: [{given_as}]")
        assert experiment.axes["activation"] == (label,)


@pytest.mark.parametrize(
    "spelling",
    [
        "./mine.py",
        "deep/../mine.py",
        "{folder}/mine.py",
        "link.py",
        "deep/linked/mine.py",
        "~/mine.py",
        "odd (folder), [1]/mine.py",
    ],
)
def test_however_the_path_is_spelled(
    spelling: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    digits = write("mine.py", TEXT)
    write("odd (folder), [1]/mine.py", TEXT)
    Path("deep").mkdir()
    Path("link.py").symlink_to("mine.py")
    Path("deep/linked").symlink_to(folder, target_is_directory=True)
    given_as = spelling.format(folder=folder)
    label = canonical(f"{given_as}:leaky")
    assert label == f"{Path(given_as).name}:leaky(source={digits})"
    source = source_of(label)
    assert source is not None
    assert source.path.is_absolute()
    assert source.path.read_text() == TEXT
    assert canonical(activations.with_path(label, source)) == label


def test_nothing_is_run_and_no_tensorflow_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    # None makes an import of it an ImportError.
    for package in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, package, None)
    write("mine.py", DANGEROUS)
    experiment = experiment_of("activation: [relu, mine.py:leaky]\nseeds: 1")
    _, spec = make_plan(experiment)
    assert spec.run_id.startswith("r")
    assert advice.warnings([spec], {"mnist": 60_000}) == []
    assert "not known: the file was read, but not run" in listing.as_text(spec.activation)
    assert not Path("it-was-run").exists()


def test_what_is_known_needs_no_file() -> None:
    label = "gone.py:my_function(source=12345678)"
    row = entry(label)
    assert (row.kind, row.learned, row.random, row.initializer) == ("own", "", "", "")
    assert row.formula == "my_function(x), as defined in gone.py"
    assert facts(label) is None
    assert source_of(label) is None
    assert listing.record(label)["range"] is None
    assert listing.short_table([label]).rows[0][2:] == ("not known", "not known")
    assert "| not known | not known | not known |" in listing.as_markdown([label])
    assert listing.as_text(label).startswith(f"{label}\n  f(x)         my_function(x), as")


@pytest.mark.parametrize(
    "statement",
    [
        "leaky = lambda x: x",
        "leaky: object = print",
        "other, (leaky, _) = 1, (2, 3)",
        "if True:\n    def leaky(x): return x",
        "try:\n    import fast\nexcept ImportError:\n    def leaky(x): return x",
        "@staticmethod\ndef leaky(x): return x",
        "leaky = '\\d'",
    ],
)
def test_what_counts_as_a_function_at_the_top(statement: str) -> None:
    digits = write("mine.py", statement)
    assert canonical("mine.py:leaky") == f"mine.py:leaky(source={digits})"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "mine.py:Leeky",
            "mine.py has no function 'Leeky' at its top level. Did you mean 'leaky'? "
            "It has: leaky, gain",
        ),
        ("mine.py:inner", "mine.py has no function 'inner' at its top level. It has: leaky, gain"),
        (
            "mine.py:tf",
            "'tf' in mine.py is imported from elsewhere; expected is a function that is defined "
            "there",
        ),
        (
            "mine.py:Layer",
            "'Layer' in mine.py is a class; expected is a function that is defined there",
        ),
        (
            "mine.py:later",
            "'later' in mine.py is an async function; expected is a function that is defined there",
        ),
        (
            "nime.py:leaky",
            "there is no file nime.py in {folder}, the working directory. Did you mean 'mine.py'?",
        ),
        ("/no/such/mine.py:leaky", "there is no file /no/such/mine.py."),
        ("deep.py:leaky", "deep.py is a folder; give a Python file, as my_module.py:my_function"),
        ("fifo.py:f", "fifo.py is a pipe or a device; give a Python file, as my_module.py:"),
        ("loop.py:f", "loop.py cannot be read: Too many levels of symbolic links"),
        ("x" * 300 + ".py:f", f"{'x' * 58}...{'x' * 55}.py cannot be read: File name too long"),
        ("broken.py:f", "broken.py, line 2 is no valid Python: '(' was never closed"),
        ("null.py:f", "null.py is no valid Python: source code string cannot contain null bytes"),
        ("latin.py:f", "latin.py, line 1 is no valid Python: (unicode error)"),
        ("large.py:f", "large.py has more than a million bytes: that is no file of activations"),
        ("empty.py:f", "empty.py has no function 'f' at its top level. It has: no function"),
        ("mine.py", "'mine.py' is no function in a file; write path/to/my_module.py:my_function"),
        ("mine:leaky", "'mine:leaky' is no function in a file; write path/to/my_module.py:"),
        ("mine.py:", "'' in 'mine.py:' can be no function's name; write path/to/my_module.py:"),
        ("mine.py:1f", "'1f' in 'mine.py:1f' can be no function's name; write path/to/"),
        ("mine.py:leaky(alpha=1)", "'mine.py:leaky(alpha=1)' is no label: expected source=, which"),
        ("a b.py:f", "'a b.py' stands in labels, so it may hold only letters from a to z, digits"),
        ("-x.py:f", "'-x.py' stands in labels, so it may hold only letters from a to z, digits"),
        (
            "mine.py:leaky(source=00000000)",
            "mine.py is another version than 'mine.py:leaky(source=00000000)' names: its content "
            "has source={digits} now. Without (source=...) it is taken as it is",
        ),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str, folder: Path) -> None:
    digits = write(
        "mine.py",
        "import tensorflow as tf\n"
        "class Layer: pass\n"
        "async def later(x): pass\n"
        "def leaky(x):\n    def inner(x): pass\n"
        "gain = 3\n",
    )
    Path("deep.py").mkdir()
    os.mkfifo("fifo.py")
    Path("loop.py").symlink_to("loop.py")
    write("broken.py", "import os\nx = (\n")
    Path("null.py").write_bytes(b"f = 1\0")
    Path("latin.py").write_bytes(b"f = '\xe9'")
    Path("large.py").write_bytes(b"f = 1\n" + b"#" * 1_000_000)
    write("empty.py", "")
    assert error_of(text).startswith(message.format(folder=folder, digits=digits))


@pytest.mark.parametrize(
    "text",
    [
        "mine.py:__import__('os').system('touch it-was-run')",
        "mine.py:leaky(source=__import__('os').system('touch it-was-run'))",
        "mine.py:leaky; import os",
        "mine.py:leaky\nimport os",
        "mine.py:leaky(source=1a2b3c4d)(source=1a2b3c4d)",
        "$(touch it-was-run).py:leaky",
        "mine.py\0:leaky",
        "/dev/zero.py:leaky",
        f"{'x' * 5000}.py:leaky",
        "../../../../../../../etc/passwd:leaky",
        "=cmd|' /C calc'!A1.py:f",
        ".py:leaky",
    ],
)
def test_hostile_text_is_an_error_and_nothing_more(text: str) -> None:
    write("mine.py", DANGEROUS)
    assert error_of(text)
    assert not Path("it-was-run").exists()


@given(st.text(alphabet="ab.py:()=/\\ '\"\0\n", max_size=24))
def test_any_text_is_an_activation_or_a_label_error(text: str) -> None:
    try:
        label = canonical(text)
    except LabelError:
        return
    assert canonical(label) == label


def test_files_that_share_their_8_digits_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    write("one/mine.py", TEXT)
    write("two/mine.py", f"{TEXT}# another\n")
    real = hashlib.sha256

    class Weak:
        def __init__(self, content: bytes) -> None:
            self.content = content

        def hexdigest(self) -> str:
            return "0" * 8 + real(self.content).hexdigest()

    monkeypatch.setattr("relu_bench.networks.activations.own.hashlib.sha256", Weak)
    label = canonical("one/mine.py:leaky")
    try:
        assert error_of("two/mine.py:leaky") == (
            f"two/mine.py and {Path('one/mine.py').resolve()} differ, but both are {label}: "
            "change one of them, if only a comment"
        )
    finally:
        from relu_bench.networks.activations import own

        del own._sources[label]


GOLDEN = "rf0082a257606"


def test_the_identity_is_the_function_and_the_whole_content() -> None:
    write("mine.py", "f = g = None\n")
    spec = Spec(seed=0, activation="mine.py:f")
    assert spec.run_id == GOLDEN
    assert spec.source == source_of(spec.activation)
    write("deep/another_name.py", "f = g = None\n")
    assert Spec(seed=0, activation="deep/another_name.py:f").run_id == GOLDEN
    assert Spec(seed=0, activation="mine.py:g").run_id != GOLDEN
    write("mine.py", "f = g = 1\n")
    assert Spec(seed=0, activation="mine.py:f").run_id != GOLDEN


def test_a_spec_says_where_the_file_lies_and_is_equal_wherever_it_does() -> None:
    write("one/mine.py", TEXT)
    write("two/mine.py", TEXT)
    specs = []
    for place in ("one", "two"):
        (spec,) = make_plan(experiment_of(f"activation: {place}/mine.py:leaky\nseeds: 1"))
        assert spec.source is not None
        assert spec.source.path == Path(place, "mine.py").resolve()
        assert pickle.loads(pickle.dumps(spec)).source.path == spec.source.path
        assert str(Path(place).resolve()) not in str(spec.row())
        specs.append(spec)
    one, two = specs
    assert one == two
    assert hash(one) == hash(two)
    assert one.program_key == two.program_key
    assert one.row()["activation"] == canonical("one/mine.py:leaky")
    assert set(one.row()) == {*FIELDS, "seed"}
    other = source_of(canonical("one/mine.py:leaky"))
    with pytest.raises(ValueError, match=r"'relu' does not stand in .*mine\.py"):
        Spec(seed=0, activation="relu", source=other)


def test_two_copies_are_one_variant_and_two_versions_are_two() -> None:
    write("mine.py", TEXT)
    write("copy/mine.py", TEXT)
    write("copy/renamed.py", TEXT)
    write("new/mine.py", LEAKY.format(slope=0.2))
    experiment = experiment_of(
        "activation: [mine.py:leaky, copy/mine.py:leaky, copy/renamed.py:leaky, new/mine.py:leaky]"
        "\nseeds: 1"
    )
    first, second = make_plan(experiment)
    assert first.activation == canonical("mine.py:leaky")
    assert second.activation == canonical("new/mine.py:leaky")
    assert first.run_id != second.run_id


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("activation: acts/mine.py:leaky", []),
        ("activation: [acts/mine.py:leaky]", []),
        ("cases: [{activation: acts/mine.py:leaky, epochs: 3}]", []),
        ("cases:\n  - activation: [acts/mine.py:leaky]", []),
        ("activation: relu", ["activation=acts/mine.py:leaky"]),
        ("activation: relu", ["activation=relu,acts/mine.py:leaky"]),
    ],
)
def test_everywhere_in_a_config(text: str, sets: list[str]) -> None:
    digits = write("acts/mine.py", TEXT)
    experiment = experiment_of(f"{text}\nseeds: 1", *sets)
    label = f"mine.py:leaky(source={digits})"
    assert list(experiment.sources) == [label]
    *_, spec = make_plan(experiment)
    assert spec.activation == label
    assert spec.source == experiment.sources[label]
    # What a store keeps of a call can be read again, from the same folder.
    again = experiment_of(yaml.safe_dump(experiment.resolved()))
    assert again == experiment
    assert f"acts/mine.py:leaky(source={digits})" in str(experiment.resolved())


def test_planning_reads_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("mine.py", TEXT)
    experiment = experiment_of("activation: [relu, mine.py:leaky]\nepochs: [1, 2]")
    os.remove("mine.py")  # noqa: PTH107 - Path.unlink is watched below

    def refuse(*_: Any, **__: Any) -> Callable[..., None]:
        raise AssertionError("the disk was looked at")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "is_file", refuse)
    monkeypatch.setattr(Path, "stat", refuse)
    assert len({spec.run_id for spec in make_plan(experiment)}) == 40
