import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.config.yaml_source import KEY, parse, quote_labels, read, scalar
from relu_bench.errors import ConfigError

# What PyYAML leaves unquoted because YAML 1.1 has no such number, and what YAML 1.2 reads as one.
NUMBER_LIKE = re.compile(r"[-+.0-9eE]*")
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=10).filter(
        lambda text: not NUMBER_LIKE.fullmatch(text)
    )
)
KEYS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8)
DOCUMENTS = st.dictionaries(
    KEYS, PLAIN | st.lists(PLAIN | st.dictionaries(KEYS, PLAIN, max_size=2), max_size=3), min_size=1
)


def error_of(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-2.5e+3", -2500.0),
        ("+7", 7),
        ("007", 7),
        ("0", 0),
        ("123456789012345678", 123456789012345678),
        ("12345678901234567890", 12345678901234567890.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        # Not what YAML 1.1 makes of them:
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("-", "-"),
        ("e5", "e5"),
    ],
)
def test_unquoted_words(word: str, value: Any) -> None:
    found = scalar(word)
    assert (found, type(found)) == (value, type(value))


@given(DOCUMENTS)
def test_what_is_written_as_yaml_comes_back(document: dict[str, Any]) -> None:
    for flow in (False, None):
        text = yaml.safe_dump(document, default_flow_style=flow, allow_unicode=True)
        if any("(" in str(part) or ")" in str(part) for part in document.values()):
            continue  # a lone parenthesis inside [ ] is refused on purpose
        assert parse(text, "c.yaml").values == document


@given(st.text(alphabet="ab:-[]{},'\"#&*!|>%@`?~ \n\t()=1", max_size=40) | st.text(max_size=40))
def test_any_text_is_a_document_or_a_config_error(text: str) -> None:
    try:
        message = "c.yaml" if parse(text, "c.yaml").values else "no values"
    except ConfigError as error:
        message = str(error)
    assert message.startswith("c.yaml")


def test_a_quoted_word_is_text() -> None:
    assert parse("a: '1'\nb: \"true\"\nc: |\n  2\n", "c.yaml").values == {
        "a": "1",
        "b": "true",
        "c": "2\n",
    }


def test_places() -> None:
    text = "# comment\na: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n"
    document = parse(text, "c.yaml")
    assert document.values == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert document.place(("a",)) == "c.yaml, line 2"
    assert document.line_of(("b", 0)) == 4
    assert document.line_of(("b", 1, "d")) == 6
    assert document.line_of(("b", 1, "missing")) == 5
    assert document.line_of(("missing",)) == 2
    assert document.excerpt(("a",)) == "    a: 1\n       ^"
    assert document.excerpt(("a", KEY)) == "    a: 1\n    ^"
    assert document.excerpt(("b", 1, "d")) == "         d: 3}\n            ^"


def test_a_long_line_is_shown_around_the_value() -> None:
    document = parse(f"a: [{'x, ' * 100}y]", "c.yaml")
    shown, caret = document.excerpt(("a", 100)).split("\n")
    assert len(shown) <= 94
    assert shown[caret.index("^")] == "y"


def test_anchors_are_plain_values() -> None:
    assert parse("a: &x [1, 2]\nb: *x\n", "c.yaml").values == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("text", ["", "\n\n", "# comment only\n", "{}", "\ufeff"])
def test_an_empty_file(text: str) -> None:
    assert error_of(text) == (
        "c.yaml is empty. The smallest config is\n    activation: [relu, elu]"
    )


@pytest.mark.parametrize(
    ("text", "line"), [("null", 1), ("relu", 1), ("# c\n- a\n- b", 2), ("---\n", 2), ("[a]", 1)]
)
def test_no_mapping(text: str, line: int) -> None:
    assert error_of(text) == (
        f"c.yaml, line {line}: a config is lines of `key: value`, such as\n"
        "    activation: [relu, elu]"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb: 2\na: 3",
            "c.yaml, line 3: 'a' is given twice, first in line 1\n    a: 3\n    ^",
        ),
        (
            "c: [{a: 1, a: 2}]",
            "c.yaml, line 1: 'a' is given twice, first in line 1\n"
            "    c: [{a: 1, a: 2}]\n               ^",
        ),
        ("? [a]\n: 1", "c.yaml, line 1: a key must be a plain word\n    ? [a]\n      ^"),
        (
            "a: &x [*x]",
            "c.yaml, line 1: this is nested too deeply, or contains itself\n"
            "    a: &x [*x]\n       ^",
        ),
        (
            "a: !!str 1",
            "c.yaml, line 1: the tag '!!str' is not supported; write a plain value\n"
            "    a: !!str 1\n       ^",
        ),
        (
            "a: !mine [1]",
            "c.yaml, line 1: the tag '!mine' is not supported; write a plain value\n"
            "    a: !mine [1]\n       ^",
        ),
        (
            "a: !!python/object/apply:os.getcwd []",
            "c.yaml, line 1: the tag '!!python/object/apply:os.getcwd' is not supported; "
            "write a plain value\n    a: !!python/object/apply:os.getcwd []\n       ^",
        ),
        ("a: 1\nb: x\x07", "c.yaml, line 2: the character '\\x07' may not stand in YAML."),
        (
            "a: " + "[" * 1500,
            "c.yaml, line 1: this is nested too deeply, or contains itself\n"
            f"    a: {'[' * 87}\n{' ' * 13}^",
        ),
        (
            "a: 1\n---\nb: 2",
            "c.yaml, line 2: but found another document, "
            "expected a single document in the stream that starts in line 1\n    ---\n    ^",
        ),
    ],
)
def test_traps_are_closed(text: str, message: str) -> None:
    assert error_of(text) == message


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("[a, b(x=1, y=2)]", '[a, "b(x=1, y=2)"]'),
        ("[mlp(hidden=[1, 2]), cnn]", '["mlp(hidden=[1, 2])", cnn]'),
        ("[a(x=1), b]", "[a(x=1), b]"),
        ("['a(x=1, y=2)', b(x=1, y=2)]", "['a(x=1, y=2)', \"b(x=1, y=2)\"]"),
        ("{k: a(x=1, y=2), l: b}", '{k: "a(x=1, y=2)", l: b}'),
        ("[a(x=(1, 2))]", '["a(x=(1, 2))"]'),
        ("[a(x=1,", '["a(x=1,"'),
        ("['a", "['a"),
    ],
)
def test_quote_labels(line: str, quoted: str) -> None:
    assert quote_labels(line) == quoted


_QUOTE = "\nInside [ ] or { } quote labels that contain a comma or a bracket:\n    "


@pytest.mark.parametrize(
    ("text", "line", "mended"),
    [
        ("i: [a, b(x=1, y=2)]", 1, 'i: [a, "b(x=1, y=2)"]'),
        ("j: 1\ni: [\n  a,\n  b(x=1, y=2)]", 4, '"b(x=1, y=2)"]'),
        ("i: [b(x=1,\n    y=2), a]", 1, 'i: ["b(x=1, y=2)", a]'),
        ("c: [{i: b(x=1, y=2)}]", 1, 'c: [{i: "b(x=1, y=2)"}]'),
        ("i: [m(h=[1, 2]), c]", 1, 'i: ["m(h=[1, 2])", c]'),
        ("c: {i: m(h=[1, 2])}", 1, 'c: {i: "m(h=[1, 2])"}'),
    ],
)
def test_a_label_that_falls_into_pieces_is_shown_as_it_should_be(
    text: str, line: int, mended: str
) -> None:
    message = error_of(text)
    assert message.startswith(f"c.yaml, line {line}: ")
    assert message.endswith(_QUOTE + mended)


def test_the_same_label_is_fine_outside_brackets_or_quoted() -> None:
    text = "a: b(x=1, y=[2])\nc:\n  - d(x=1, y=2)\ne: ['b(x=1, y=2)', f(x=1)]\n"
    assert parse(text, "c.yaml").values == {
        "a": "b(x=1, y=[2])",
        "c": ["d(x=1, y=2)"],
        "e": ["b(x=1, y=2)", "f(x=1)"],
    }


def test_a_tab_is_explained() -> None:
    assert error_of("a:\n\tb: 1").endswith(
        "YAML wants spaces, not tabs, in front of a key or a value."
    )


def test_reads_a_file_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes("\ufeffa: 1\r\nb: é\r\n".encode())
    document = read(path)
    assert document.values == {"a": 1, "b": "é"}
    assert document.line_of(("b",)) == 2
    assert document.excerpt(("a",)) == "    a: 1\n       ^"


def test_files_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("large.yaml").write_text("# " + "x" * 100_000)
    os.mkfifo("pipe.yaml")
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("binary.yaml").write_bytes(b"a: \xff\xfe")
    Path("folder").mkdir()
    expected = {
        "large.yaml": "large.yaml has more than 100,000 bytes: that is no config.",
        "pipe.yaml": "pipe.yaml is a pipe or a device. Write the config into a file.",
        "loop.yaml": "loop.yaml cannot be read: Too many levels of symbolic links.",
        "x" * 300: f"{'x' * 300} cannot be read: File name too long.",
        "binary.yaml": "binary.yaml is no UTF-8 text (byte 3). Save it as UTF-8.",
        "folder": "folder is a folder, and there is no config (*.yaml) in it. "
        "`relu-bench init` lists configs to start from.",
        ".": ". is a folder; name a config in it, such as binary.yaml, or all of them: *.yaml",
        "larg.yaml": "There is no config larg.yaml. Did you mean 'large.yaml'? "
        "There are: binary.yaml, large.yaml",
        "folder/c.yaml": "There is no config folder/c.yaml. "
        "`relu-bench init` lists configs to start from.",
        "nowhere/c.yaml": "There is no config nowhere/c.yaml. "
        "`relu-bench init` lists configs to start from.",
        "large.yaml/c.yaml": "large.yaml/c.yaml cannot be read: Not a directory.",
    }
    for name, message in expected.items():
        with pytest.raises(ConfigError) as caught:
            read(Path(name))
        assert str(caught.value) == message


def test_a_folder_of_many_configs_is_not_listed_whole(tmp_path: Path) -> None:
    for number in range(24):
        (tmp_path / f"zzz-{number:02}.yml").touch()
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "missing.yaml")
    assert str(caught.value).count("zzz-") == 20
    assert str(caught.value).endswith("zzz-19.yml, ...")
    assert "Did you mean" not in str(caught.value)
