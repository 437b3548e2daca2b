"""Words of a command line that are right elsewhere: fields of a config, other names of commands."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from relu_bench.components.registry import field_called, most_similar
from relu_bench.errors import ReluBenchError, show

_CALLED_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "run": ("train", "fit", "start", "sweep"),
    "check": ("validate", "lint"),
    "status": ("list", "progress"),
    "compare": ("results", "summary", "show"),
    "plot": ("draw", "figures"),
    "speed": ("benchmark", "time"),
    "init": ("new", "create"),
    "data": ("datasets", "download", "fetch"),
    "info": ("version",),
}
_TAKE_CONFIGS = ("run", "check", "diagnose")
_CONFIGS = (".yaml", ".yml")


def check(arguments: Sequence[str], commands: Mapping[str, Collection[str]]) -> None:
    """Answer what is a slip rather than a misspelled option, which is left to the command.

    Args:
        arguments: of the command line.
        commands: the options of each command, by its name.

    Raises:
        ReluBenchError: for an unknown command, or a field of a config as an option.
    """
    words = [each for each in arguments if not each.startswith("-")]
    if words and words[0] not in commands:
        raise ReluBenchError(_no_command(words[0], commands))
    if words and words[0] in _TAKE_CONFIGS:
        _check_fields(words[0], arguments, commands[words[0]])


def _no_command(word: str, commands: Collection[str]) -> str:
    names = {name: name for name in commands}
    for name, others in _CALLED_ELSEWHERE.items():
        names.update(dict.fromkeys(others, name))
    close = most_similar(word, names)
    if Path(word).suffix in _CONFIGS:
        meant = f" Did you mean: relu-bench run {shlex.quote(word)}?"
    else:
        meant = f" Did you mean {names[close]!r}?" if close else ""
    return f"there is no command {show(word)}.{meant} There are: {', '.join(commands)}"


def _check_fields(command: str, arguments: Sequence[str], options: Collection[str]) -> None:
    for given, behind in zip(arguments, [*arguments[1:], ""], strict=True):
        if given == "--":
            return
        option, equals, value = given.partition("=")
        if not option.startswith("-") or option in options:
            continue
        field = _field(option.lstrip("-").replace("-", "_"), option, options)
        if field is None:
            continue
        if not equals:
            no_value = behind.startswith("--") or Path(behind).suffix in _CONFIGS
            value = "" if no_value else behind
        setting = shlex.quote(f"{field}={value or 'VALUE'}")
        raise ReluBenchError(
            f"{command} has no option {show(option)}: fields of the config are set by --set, as in "
            f"relu-bench {command} CONFIG --set {setting}"
        )


def _field(name: str, option: str, options: Collection[str]) -> str | None:
    """The field that is meant, but for what may be a misspelled option."""
    from relu_bench.config.experiment import SETTABLE

    if name in SETTABLE:
        return name
    if (called := field_called(name)) in SETTABLE:
        return called
    return None if most_similar(option, options) else most_similar(name, SETTABLE)
