"""YAML with a place for every value: plain data, and where in the file each part of it stands.

Built on PyYAML's node graph, with the resolver of YAML 1.2 where it matters (`1e-3` is a number,
`on` is a word), and with the traps closed: a key given twice, labels that fall into pieces inside
brackets, tags, aliases that contain themselves.
"""

import re
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from relu_bench.components.labels import FLOAT, INTEGER
from relu_bench.components.registry import most_similar
from relu_bench.errors import ConfigError, shorten, show
from relu_bench.wording import leading

Key = tuple[str | int, ...]
KEY = "<key>"  # behind a path of keys: the place of the key itself, not of its value

_WORDS: Mapping[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\s*\()?")
_QUOTE = "\nInside [ ] or { } quote labels that contain a comma or a bracket:\n"
_LARGEST = 100_000  # bytes: PyYAML reads some 50,000 in a second
_MOST_VALUES = 100_000  # more than stand in the largest file: aliases make them
_LONGEST_REPAIRED = 400
_MOST_LINES = 20
_MOST_NEARBY = 20
_INIT = "`relu-bench init` lists configs to start from."
_DEEPEST = 6  # cases, number, field, number: nothing in a config lies deeper than that
_TOO_DEEP = "this is nested too deeply, or contains itself"
_BLANK = "an ordinary space"
_LOOKS_LIKE = {
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-"
}  # fmt: skip


def scalar(text: str) -> Any:
    """The value of an unquoted word: null, true, false, an integer, a float, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if FLOAT.fullmatch(text):
        return int(text) if INTEGER.fullmatch(text) and len(text) < 19 else float(text)
    return text


@dataclass(frozen=True)
class Document:
    """A config file: its values, and for each path of keys the line and column it starts at."""

    name: str
    text: str
    values: Mapping[str, Any]
    marks: Mapping[Key, tuple[int, int]] = field(repr=False)

    def line_of(self, key: Key) -> int | None:
        """The line, from 1, of the value at `key`, or of the closest thing around it."""
        mark = self.mark_of(key)
        return None if mark is None else mark[0] + 1

    def place(self, key: Key) -> str:
        """`file.yaml, line 4`."""
        line = self.line_of(key)
        return self.name if line is None else f"{self.name}, line {line}"

    def excerpt(self, key: Key) -> str:
        """The line with a caret under the value."""
        mark = self.mark_of(key)
        return "" if mark is None else _excerpt(self.text, *mark)

    def mark_of(self, key: Key) -> tuple[int, int] | None:
        """Line and column, from 0, of the value at `key`, or of the closest thing around it."""
        while key and key not in self.marks:
            key = key[:-1]
        return self.marks.get(key)


def read(path: Path) -> Document:
    """Read a config file.

    Raises:
        ConfigError: when it is missing, a folder, no text, empty, no mapping, or broken YAML.
    """
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise ConfigError(_folder(path))
        if not stat.S_ISREG(kind):
            # A pipe that nobody writes to would be waited for without end.
            raise ConfigError(f"{path} is a pipe or a device. Write the config into a file.")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        _check_size(content, str(path))
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(_missing(path)) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is no UTF-8 text (byte {error.start}). Save it as UTF-8."
        ) from None
    except OSError as error:
        shown = shorten(str(path), _LONGEST_REPAIRED)
        raise ConfigError(f"{shown} cannot be read: {error.strerror}.") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Document:
    """Read YAML text; `name` is what errors call it. Raises ConfigError as `read` does."""
    _check_size(text, name)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax_error(text, name, error)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{name}, line {line}: the character {chr(error.character)!a} may not stand in YAML."
        ) from None
    if node is None or (isinstance(node, yaml.MappingNode) and not node.value):
        raise ConfigError(f"{name} is empty. The smallest config is\n    activation: [relu, elu]")
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line
        raise ConfigError(
            f"{name}, line {line + 1}: a config is lines of `key: value`, such as\n"
            f"    activation: [relu, elu]{odd_character(_line(text, line))}"
        )
    builder = _Builder(text, name)
    return Document(name, text, builder.value(node, ()), builder.marks)


class _Loader(yaml.SafeLoader):
    """Stops at a depth that no config has: Python's own limit would come late."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.depth > _DEEPEST + 1:
            around = None if parent is None else parent.start_mark
            raise yaml.MarkedYAMLError(problem=_TOO_DEEP, problem_mark=around)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Builder:
    """Turns nodes into plain data and notes where each stands."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.marks: dict[Key, tuple[int, int]] = {}
        self.resolver: Any = yaml.resolver.Resolver()

    def value(self, node: yaml.Node, path: Key) -> Any:
        if len(self.marks) > _MOST_VALUES:
            raise self._error(node, f"aliases (`*name`) make more than {_MOST_VALUES:,} values")
        self.marks[path] = (node.start_mark.line, node.start_mark.column)
        if node.tag != self._implicit_tag(node):
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise self._error(node, f"the tag {show(tag)} is not supported; write a plain value")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if len(path) > _DEEPEST:
            raise self._error(node, _TOO_DEEP)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, path)
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, path)

    def _implicit_tag(self, node: yaml.Node) -> Any:
        """The tag of a node that is written without one."""
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        return self.resolver.resolve(type(node), node.value, (plain, not plain))

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if odd := next((each for each in node.value if "\ud800" <= each <= "\udfff"), None):
            raise self._error(node, f"the character {odd!a} may not stand in YAML")
        return node.value if node.style else scalar(node.value)

    def _sequence(self, node: yaml.SequenceNode, path: Key) -> list[Any]:
        if node.flow_style:
            self._check_pieces(node, node.value)
        return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: Key) -> dict[str, Any]:
        if node.flow_style:
            self._check_pieces(node, [part for pair in node.value for part in pair])
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                raise self._error(key_node, "a key must be a plain word")
            if key == "<<" and not key_node.style:
                raise self._error(
                    key_node,
                    "`<<` (a merge key of YAML 1.1) is not supported; write the fields out",
                )
            if key in values:
                first = self.marks[(*path, key)][0] + 1
                raise self._error(key_node, f"{show(key)} is given twice, first in line {first}")
            mark = key_node.start_mark
            self.marks[(*path, key, KEY)] = (mark.line, mark.column)
            values[key] = self.value(value_node, (*path, key))
        return values

    def _check_pieces(self, node: yaml.Node, items: list[yaml.Node]) -> None:
        for item in items:
            plain = isinstance(item, yaml.ScalarNode) and not item.style
            if plain and item.value.count("(") != item.value.count(")"):
                first = item.start_mark.line
                line = _whole_labels(self.text.splitlines()[first : first + _MOST_LINES])
                raise self._error(
                    item, f"{show(item.value)} is only a piece of a label", _repaired(line)
                )

    def _error(self, node: yaml.Node, message: str, remedy: str = "") -> ConfigError:
        mark = node.start_mark
        excerpt = _excerpt(self.text, mark.line, mark.column)
        return ConfigError(f"{self.name}, line {mark.line + 1}: {message}\n{excerpt}{remedy}")


def quote_labels(line: str) -> str:
    """The line with every label that YAML would cut put into quotes."""
    result, position = "", 0
    while position < len(line):
        if line[position] in "'\"":
            end = line.find(line[position], position + 1)
            end = len(line) if end < 0 else end + 1
            result += line[position:end]
            position = end
            continue
        # A word is taken whole: to look again at each of its letters takes time.
        word = _WORD.match(line, position)
        label = word is not None and word[1] is not None
        end = word.end() if word else position + 1
        piece = line[position : _closing(line, end) if label else end]
        result += f'"{piece}"' if label and re.search(r"[,\[\]]", piece) else piece
        position += len(piece)
    return result


def _repaired(line: str) -> str:
    """What to say of a line whose labels must stand in quotes."""
    return f"{_QUOTE}    {shorten(quote_labels(line), _LONGEST_REPAIRED)}"


def _whole_labels(lines: list[str]) -> str:
    """The first line, with what follows until each of its parentheses is closed."""
    joined = lines[0].strip()
    for line in lines[1:]:
        if joined.count("(") <= joined.count(")"):
            break
        joined += f" {line.strip()}"
    return joined


def _closing(line: str, start: int) -> int:
    depth = 1
    for position in range(start, len(line)):
        depth += {"(": 1, ")": -1}.get(line[position], 0)
        if depth == 0:
            return position + 1
    return len(line)


def odd_character(line: str) -> str:
    """A line of its own that names the first character that only looks like one that is meant.

    A no-break space, a curly quote, a wide colon; empty where there is none outside a comment.
    """
    code = line.partition(" #")[0]
    for column, each in enumerate(code, start=1):
        if (plain := _plain(each)) is not None:
            name = unicodedata.name(each, "unnamed").lower()
            write = f"write {_BLANK if plain == ' ' else plain}" if plain else "leave it out"
            return f"\nColumn {column} is a {name} (U+{ord(each):04X}): {write}."
    return ""


def _plain(character: str) -> str | None:
    """The ASCII character that another one looks like, empty for one that is not seen."""
    if character.isascii():
        return None
    if unicodedata.category(character) in ("Cf", "Zl", "Zp"):
        return ""
    plain = _LOOKS_LIKE.get(character) or unicodedata.normalize("NFKC", character)
    return plain if plain.isascii() else None


def _line(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line] if line < len(lines) else ""


def _excerpt(text: str, line: int, column: int) -> str:
    whole, start = _line(text, line), 0
    if not whole:
        return ""
    shown = whole
    if len(shown) > 90:
        start = max(0, column - 40)
        shown = shown[start : start + 90]
    return f"    {shown}\n    {' ' * (column - start)}^{odd_character(whole)}"


def _check_size(content: str | bytes, name: str) -> None:
    if len(content) > _LARGEST:
        raise ConfigError(f"{name} has more than {_LARGEST:,} bytes: that is no config.")


def _syntax_error(text: str, name: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return f"{name} is no YAML: {error.problem}"
    line = _line(text, mark.line)
    message = f"{name}, line {mark.line + 1}: {shorten(str(error.problem))}"
    if error.context and error.context_mark is not None:
        message += f", {error.context} that starts in line {error.context_mark.line + 1}"
    # Behind the end of the text there is nothing to show but where it began.
    shown = mark if line or error.context_mark is None else error.context_mark
    message = f"{message}\n{_excerpt(text, shown.line, shown.column)}".rstrip()
    if "expected ',' or" in str(error.problem) and quote_labels(line) != line:
        message += _repaired(line.strip())
    elif "\t" in line:
        message += "\nYAML wants spaces, not tabs, in front of a key or a value."
    return message


def _missing(path: Path) -> str:
    nearby = _configs_in(path.parent)
    message = f"There is no config {path}."
    if not nearby:
        return f"{message} {_INIT}"
    # Without the suffixes, which are alike in all and would make any two names similar.
    by_stem = {other.stem: other for other in nearby}
    close = most_similar(path.stem, by_stem)
    if close is not None:
        message += f" Did you mean '{by_stem[close]}'?"
    return f"{message} There are: {leading(list(map(str, nearby)), _MOST_NEARBY)}"


def _folder(path: Path) -> str:
    configs = _configs_in(path)
    if not configs and (path / "runs.csv").exists():
        return (
            f"{path} is a results folder, not a config: `relu-bench run --resume {path}` does what "
            f"is missing of it, `relu-bench compare {path}` says what is in it."
        )
    if not configs:
        return f"{path} is a folder, and there is no config (*.yaml) in it. {_INIT}"
    if len(configs) == 1:
        return f"{path} is a folder; name the config in it: {configs[0]}"
    example = next((config for config in configs if config.stem == "quickstart"), configs[0])
    patterns = [str(path / f"*{suffix}") for suffix in sorted({each.suffix for each in configs})]
    return (
        f"{path} is a folder; name a config in it, such as {example}, "
        f"or all of them: {' '.join(patterns)}"
    )


def _configs_in(folder: Path) -> list[Path]:
    """The YAML files that a shell's `*` would find in `folder`; none when it is no folder."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.glob("*.y*ml")
        if path.suffix in (".yaml", ".yml") and not path.name.startswith(".") and path.is_file()
    )
