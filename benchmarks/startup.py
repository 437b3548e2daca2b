"""How long commands take that train nothing: wall seconds of whole processes.

None of them may import TensorFlow. `--help` should answer within 0.4 s, a wrong config within
0.6 s; `python -c pass` shows what the interpreter alone takes. The commands alternate; one
unmeasured round warms the file cache.

Last measured: see README.md beside this file.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import common
from common import RELU_BENCH


@dataclass(frozen=True)
class Command:
    """What is started, how it should end, and within how many seconds, where that is promised."""

    arguments: tuple[str, ...]
    expected_exit: int = 0
    budget: float | None = None


def main() -> None:
    """Measure every command and print the table."""
    parser = common.options_of(__doc__, repeats=15)
    options = parser.parse_args()
    with common.told(), tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "wrong.yaml"
        wrong.write_text("activaton: [relu, elu]\n", encoding="utf-8")
        commands = _commands(wrong)
        measured = _measure(commands, 1 if options.quick else options.repeats)
        rows = [
            (
                name,
                seconds.text(3),
                "" if (budget := commands[name].budget) is None else f"{budget}",
            )
            for name, seconds in measured.items()
        ]
        print(f"{common.machine_line(options.quick)}\n")
        print(common.markdown(("command", "s", "at most"), rows))


def _commands(wrong: Path) -> Mapping[str, Command]:
    def ours(*arguments: str, expected_exit: int = 0, budget: float | None = None) -> Command:
        return Command((*RELU_BENCH, *arguments), expected_exit, budget)

    return {
        "python -c pass": Command((sys.executable, "-c", "pass")),
        "relu-bench --help": ours("--help", budget=0.4),
        "relu-bench --version": ours("--version"),
        "relu-bench run --help": ours("run", "--help", budget=0.4),
        "relu-bench run, wrong config": ours("run", str(wrong), expected_exit=2, budget=0.6),
        "relu-bench check, wrong config": ours("check", str(wrong), expected_exit=2, budget=0.6),
        "relu-bench init": ours("init"),
        "relu-bench schema": ours("schema"),
    }


def _measure(commands: Mapping[str, Command], repeats: int) -> dict[str, common.Sample]:
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for repetition in range(1 + repeats):
        for name, command in commands.items():
            found = common.seconds_of(command.arguments, expected_exit=command.expected_exit)
            if repetition:
                seconds[name].append(found)
    return {name: common.sample(values) for name, values in seconds.items()}


if __name__ == "__main__":
    main()
