"""A function of the user's own that is missing or wrong: whole outputs, before anything runs."""

import sys
from pathlib import Path

import pytest
from expecting import Invoke, expect_error

DANGEROUS = (
    "from pathlib import Path\nPath('it-was-run').touch()\n\ndef my_relu(x):\n    return x\n"
)


@pytest.fixture(autouse=True)
def nothing_may_be_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, package, None)
    (folder / "acts").mkdir()
    (folder / "acts" / "mine.py").write_text(DANGEROUS)
    (folder / "broken.py").write_text("def f(x):\nreturn x\n")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "acts/nime.py:my_relu",
            "there is no file acts/nime.py in {here}, the working directory. "
            "Did you mean 'mine.py'?",
        ),
        (
            "acts/mine.py:myrelu",
            "acts/mine.py has no function 'myrelu' at its top level. Did you mean 'my_relu'? "
            "It has: my_relu",
        ),
        (
            "broken.py:f",
            "broken.py, line 2 is no valid Python: expected an indented block after function "
            "definition on line 1",
        ),
        (
            "acts/mine.py:my_relu(source=00000000)",
            "acts/mine.py is another version than 'acts/mine.py:my_relu(source=00000000)' names: "
            "its content has source=7e52f35d now. Without (source=...) it is taken as it is",
        ),
        (
            "acts/mine.py",
            "'acts/mine.py' is no function in a file; write path/to/my_module.py:my_function",
        ),
        (
            "acts/mine.py:__import__('os')",
            "\"mine.py:__import__('os')\" is no label: expected source=, which is all that a "
            "function of one's own takes, at \"'os')\"; a label is name or "
            "name(parameter=value, ...)",
        ),
    ],
)
def test_in_a_config_and_in_set(given: str, message: str, invoke: Invoke) -> None:
    message = message.format(here=Path.cwd())
    for key, config in (
        ("activation", f"epochs: 1\nactivation: [relu, {given}]\n"),
        ("cases.activation", f"cases:\n  - activation: {given}\n"),
    ):
        line = config.splitlines()[1]
        excerpt = f"    {line}\n    {' ' * line.index(given)}^"
        expect_error(invoke, config, [], f"c.yaml, line 2, {key}: {message}\n{excerpt}")
    expect_error(
        invoke,
        "epochs: 1\n",
        [f"activation={given}"],
        f"--set, activation: {message}\n    --set activation={given}",
    )
    assert not Path("it-was-run").exists()


def test_in_the_table_of_activations(invoke: Invoke) -> None:
    ended = invoke("activations", "acts/mine.py:myrelu")
    assert ended == (
        2,
        "",
        "relu-bench: acts/mine.py has no function 'myrelu' at its top level. "
        "Did you mean 'my_relu'? It has: my_relu\n",
    )
    ended = invoke("activations", "acts/mine.py:my_relu", "--format", "table")
    assert ended.code == 0
    assert ended.out.splitlines()[:5] == [
        "mine.py:my_relu(source=7e52f35d)",
        "  f(x)         my_relu(x), as defined in mine.py",
        r"  LaTeX        \mathrm{my\_relu}(x)",
        "  f′(x)        by TensorFlow's automatic differentiation",
        "  range        not known: the file was read, but not run; --plot FILE runs and",
    ]
    assert not Path("it-was-run").exists()
