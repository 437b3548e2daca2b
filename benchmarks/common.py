"""What the benchmark scripts share: options, processes, medians and ratios, Markdown tables."""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).resolve().parent
CONFIGS = BENCHMARKS.parent / "configs"
RELU_BENCH = (sys.executable, "-m", "relu_bench")

_PACKAGES = ("relu-bench", "tensorflow", "keras", "numpy")


class BenchmarkError(Exception):
    """A measurement that cannot be made; the message says why."""


def options_of(description: str | None, *, repeats: int | None = 3) -> argparse.ArgumentParser:
    """The parser of a benchmark, with the options that all have.

    `repeats` None: the benchmark does not repeat, or decides by itself how often.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if repeats is not None:
        parser.add_argument(
            "--repeats", type=_positive, default=repeats, help="default: %(default)s"
        )
    parser.add_argument(
        "--quick", action="store_true", help="see that it works: little work, worthless figures"
    )
    return parser


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Add `--data-dir` to a benchmark that needs MNIST."""
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=os.environ.get("RELU_BENCH_DATA"),
        help="folder whose subfolder mnist/ holds the four IDX files; default: RELU_BENCH_DATA",
    )


def mnist_folder(data_dir: Path | None) -> Path:
    """The folder that holds MNIST's four files, for both sides of a comparison.

    Raises:
        BenchmarkError: when there is none.
    """
    if data_dir is None:
        raise BenchmarkError("Give --data-dir FOLDER, or set RELU_BENCH_DATA.")
    folder = Path(data_dir).resolve() / "mnist"
    if not folder.is_dir():
        raise BenchmarkError(f"{folder} does not exist; it should hold MNIST's four IDX files.")
    return folder


@contextmanager
def told() -> Iterator[None]:
    """End the script with the message of a `BenchmarkError`, without a traceback."""
    try:
        yield
    except BenchmarkError as error:
        sys.exit(f"{Path(sys.argv[0]).name}: {error}")


@dataclass(frozen=True)
class Sample:
    """Repeated measurements of one thing, in the order in which they were made."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a sample needs at least one value")

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.values)

    def text(self, digits: int = 2, unit: str = "") -> str:
        """Median, and the smallest and largest value when there are several."""
        shown = f"{self.median:.{digits}f}{unit}"
        if len(self.values) == 1:
            return shown
        return f"{shown} ({min(self.values):.{digits}f}-{max(self.values):.{digits}f})"


def sample(values: Iterable[float]) -> Sample:
    """The measurements as a `Sample`."""
    return Sample(tuple(values))


def ratios(above: Sample, below: Sample) -> Sample:
    """`above` divided by `below`, pair by pair: the two of a pair were measured side by side."""
    return sample(a / b for a, b in zip(above.values, below.values, strict=True))


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def note(text: str) -> None:
    """Say on the standard error what is being measured."""
    print(text, file=sys.stderr, flush=True)


def machine_line(quick: bool) -> str:
    """Processor, cores, system and versions, on one line; a warning below it after `--quick`."""
    from relu_bench.machine import hardware, provenance

    found = {package: provenance.version_of(package) for package in _PACKAGES}
    versions = [f"{package} {version}" for package, version in found.items() if version]
    line = ", ".join(
        [
            hardware.processor(),
            f"{hardware.available_cores()} cores",
            platform.system(),
            f"Python {platform.python_version()}",
            *versions,
        ]
    )
    warning = "\n\nMeasured with --quick: these figures say nothing about speed." if quick else ""
    return f"{line}{warning}"


def use_cores(count: int) -> None:
    """Keep this process and its children to `count` cores, where the system can do that.

    Raises:
        BenchmarkError: when this process may use fewer.
    """
    from relu_bench.machine import hardware

    available = hardware.available_cores()
    if available < count:
        raise BenchmarkError(f"{count} cores are needed, this process may use {available}.")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    elif available > count:
        note(f"This system cannot keep a process to {count} of {available} cores: all are used.")


def environment(mnist: Path | None = None, compile_cache: Path | None = None) -> dict[str, str]:
    """The environment for children: quiet TensorFlow, no GPU, MNIST where `mnist` lies.

    Compiled programs are kept nowhere but in `compile_cache`, so that nothing measured rests on
    what this machine has compiled before.
    """
    changes = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "NO_COLOR": "1",
        "RELU_BENCH_COMPILE_CACHE": "off" if compile_cache is None else str(compile_cache),
    }
    if mnist is not None:
        changes["RELU_BENCH_DATA"] = str(mnist.parent)
    return {**os.environ, **changes}


def seconds_of(command: Sequence[str], *, expected_exit: int = 0) -> float:
    """Wall seconds of a whole process whose output nobody reads.

    Raises:
        BenchmarkError: when it ends otherwise than with `expected_exit`.
    """
    with tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        code = subprocess.run(
            command, env=environment(), stdout=subprocess.DEVNULL, stderr=errors, check=False
        ).returncode
        seconds = time.perf_counter() - started
        if code != expected_exit:
            errors.seek(0)
            raise BenchmarkError(ended(command, code, errors.read()))
    return seconds


def json_of(script: str, *arguments: str, mnist: Path) -> Any:
    """What the script of this folder prints as JSON on its last line.

    Raises:
        BenchmarkError: when it fails.
    """
    command = (sys.executable, str(BENCHMARKS / script), *arguments)
    done = subprocess.run(
        command, env=environment(mnist), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(ended(command, done.returncode, done.stderr))
    return json.loads(done.stdout.splitlines()[-1])


def side_by_side(count: int, script: str, *arguments: str, mnist: Path | None = None) -> list[Any]:
    """What so many processes of a script print as JSON that begin their work at one moment.

    Each says that it is ready by a line, and begins when it is given one (`wait_for_the_others`).

    Raises:
        BenchmarkError: when one fails.
    """
    command = (sys.executable, str(BENCHMARKS / script), *arguments)
    running = [
        subprocess.Popen(
            command,
            env=environment(mnist),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for each in running:
        assert each.stdout is not None
        each.stdout.readline()
    found = []
    for each in running:
        # One that has failed takes nothing any more.
        with contextlib.suppress(BrokenPipeError):
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
    for each in running:
        output, errors = each.communicate()
        if each.returncode:
            raise BenchmarkError(ended(command, each.returncode, errors))
        found.append(json.loads(output.splitlines()[-1]))
    return found


def wait_for_the_others() -> None:
    """In a process of `side_by_side`: be ready, and wait for the word to begin."""
    print("ready", flush=True)
    sys.stdin.readline()


def ended(command: Sequence[str], code: int, errors: str) -> str:
    """The message about a process that ended as it should not."""
    last = "\n".join(errors.strip().splitlines()[-5:])
    return f"{' '.join(command)} ended with exit code {code}:\n{last}"


class Silent:
    """A listener of `runner.run` that says nothing."""

    def skipped(self, experiment: str, spec: Any, status: str) -> None:
        """A stored run."""

    def starting(self, count: int) -> None:
        """How many are to be trained."""

    def finished(self, record: Any) -> None:
        """One was."""

    def done_elsewhere(self, experiment: str, spec: Any, status: str) -> None:
        """Another process has stored one."""

    def notice(self, text: str) -> None:
        """Something that a user should know."""


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
