"""What it costs to read a large store: `relu-bench compare`, `plot` and `report` on 100,000 runs.

The store is synthetic: 25 activations x 4 learning rates x 10 initializers x 100 seeds of a network
with two hidden layers and 10 epochs, and their plan, in the CSVs that the store itself writes.
Scores and learning curves are drawn at random for each run; what happened inside the network is
drawn four times for each combination, and shared by its seeds. Some runs diverge or stay at chance.
The same call makes the same store.

Each command is a whole process: wall seconds, and the peak of its resident memory. None may import
TensorFlow; 20 s and 3 GiB are promised for 100,000 runs, 3 s for `--store results/reference`.

Last measured: see README.md beside this file.
"""

import contextlib
import json
import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common
from common import RELU_BENCH

if TYPE_CHECKING:
    from relu_bench.config.plan import Spec

RUNS_A_SETTING = 100
EPOCHS = 10
BLOCKS = 4
LEARNING_RATES = (0.0001, 0.001, 0.01, 0.1)
ACTIVATIONS = (
    "relu", "relu6", "leaky_relu", "prelu", "learnable_relu", "arelu", "threshold", "elu", "celu",
    "selu", "gelu", "silu", "hard_silu", "mish", "softplus", "squareplus", "sparse_plus",
    "log_sigmoid", "tanh", "sigmoid", "softsign", "hard_sigmoid", "hard_tanh", "sparse_sigmoid",
    "soft_shrink",
)  # fmt: skip
INITIALIZERS = (
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
    "random_normal", "truncated_normal", "random_uniform", "orthogonal",
)  # fmt: skip
HIDDEN = {"dense_1": 128, "dense_2": 64}
OUTPUT_UNITS = 10
GUESS = 0.1135

Row = dict[str, Any]


def main() -> None:
    """Make the store, time the commands, print the table."""
    parser = common.options_of(__doc__, repeats=1)
    parser.add_argument(
        "--seeds", type=int, default=RUNS_A_SETTING, help="runs a combination; default: %(default)s"
    )
    parser.add_argument("--store", type=Path, help="time the commands on this store instead")
    parser.add_argument("--keep", type=Path, help="make the store here, and leave it there")
    options = parser.parse_args()
    with common.told(), tempfile.TemporaryDirectory() as folder:
        store, out = options.store or options.keep or Path(folder) / "store", Path(folder) / "out"
        if options.store is None:
            common.note(f"writing {store}")
            in_new_process(make_store, store, 3 if options.quick else options.seeds, options.quick)
        commands = commands_on(store, out, narrowed=options.store is None)
        rows = []
        for name, arguments in commands.items():
            common.note(name)
            runs = [timed(arguments) for _ in range(1 if options.quick else options.repeats)]
            seconds = common.sample(run.seconds for run in runs)
            rows.append((name, seconds.text(1), common.sample(run.peak for run in runs).text(0)))
        print(f"{common.machine_line(options.quick)}\n\n{sizes(store)}\n")
        print(common.markdown(("whole process", "s", "peak memory, MiB"), rows))


def commands_on(store: Path, out: Path, *, narrowed: bool) -> Mapping[str, Sequence[str]]:
    """What is timed, by the name it has in the table."""
    page = ("--where", f"initializer={INITIALIZERS[0]}", "--where", "learning_rate=0.001")
    found = {
        "compare": ("compare", str(store)),
        "compare --effects --time-to-accuracy": (
            *("compare", str(store), "--effects", "--time-to-accuracy"),
        ),
        "compare --mode tuned": ("compare", str(store), "--mode", "tuned"),
        "plot": ("plot", str(store), "--out", str(out / "plots")),
        "report": ("report", str(store), "--out", str(out / "report.html")),
    }
    if narrowed:
        found |= {
            "plot, one of 40 pages (--where)": ("plot", str(store), *page, "--out", str(out / "p")),
        }
    return found


@dataclass(frozen=True)
class Timed:
    """Wall seconds of a process, and the most memory that it had resident, in MiB."""

    seconds: float
    peak: float


def timed(arguments: Sequence[str]) -> Timed:
    """Run a command of relu-bench to its end, its output unread.

    The peak is that of the process or, if it is larger, of one of its children.

    Raises:
        BenchmarkError: when it ends otherwise than with 0.
    """
    command = (*RELU_BENCH, *arguments)
    with tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=common.environment(), stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise common.BenchmarkError(common.ended(command, process.returncode, errors.read()))
    # Linux counts in KiB, macOS in bytes.
    return Timed(seconds, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


def sizes(store: Path) -> str:
    """How large the CSVs of a store are."""
    parts = [
        f"{path.name} {path.stat().st_size / 2**20:.0f} MiB" for path in sorted(store.glob("*.csv"))
    ]
    return ", ".join(parts)


def in_new_process(make: Callable[..., None], *arguments: Any) -> None:
    """Do it elsewhere: what this process holds counts in the peak of its children.

    Raises:
        BenchmarkError: when it fails.
    """
    process = multiprocessing.get_context("spawn").Process(target=make, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise common.BenchmarkError(f"{make.__name__} ended with exit code {process.exitcode}")


def make_store(folder: Path, seeds: int, quick: bool) -> None:
    """A store of all combinations with so many seeds; with `quick`, of a few of them."""
    from relu_bench.config import plan, yaml_source
    from relu_bench.config.experiment import from_document
    from relu_bench.store import Store
    from relu_bench.store.tables import TABLES, TableName, encode, header

    document = {
        "experiment": "large",
        "activation": ACTIVATIONS[:2] if quick else ACTIVATIONS,
        "learning_rate": LEARNING_RATES[1:3] if quick else LEARNING_RATES,
        "initializer": INITIALIZERS[:1] if quick else INITIALIZERS,
        "epochs": EPOCHS,
        "seeds": seeds,
    }
    experiment = from_document(yaml_source.parse(json.dumps(document), "large.yaml"))
    specs = plan.make_plan(experiment)
    store = Store(folder)
    store.prepare()
    if store.planned():
        raise common.BenchmarkError(f"{folder} is a store already; choose another folder")
    store.keep_plan("large", experiment.resolved(), [spec.run_id for spec in specs])
    names = {name: header(folder / table.file_name, table) for name, table in TABLES.items()}

    def lines(name: TableName, run_id: str, rows: Sequence[Row]) -> bytes:
        owner = {"experiment": "large", "run_id": run_id}
        return b"".join(encode(TABLES[name], names[name], {**row, **owner}) for row in rows)

    drawn = Drawn()
    blocks: dict[tuple[object, ...], list[bytes]] = {}
    template = "r" + 12 * "-"
    with contextlib.ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / table.file_name).open("ab"))
            for name, table in TABLES.items()
        }
        for spec in specs:
            run = drawn.run(spec)
            files["runs"].write(lines("runs", spec.run_id, [run]))
            files["epochs"].write(lines("epochs", spec.run_id, drawn.epochs(run)))
            diverged = run["outcome"] == "diverged"
            key = (spec.activation, spec.initializer, spec.learning_rate, diverged)
            if key not in blocks:
                blocks[key] = [
                    lines("layers", template, drawn.layers(spec, diverged)) for _ in range(BLOCKS)
                ]
            block = blocks[key][spec.seed % BLOCKS]
            files["layers"].write(block.replace(template.encode(), spec.run_id.encode()))


class Drawn:
    """What runs might have measured: each call draws anew, always in the same order."""

    def __init__(self) -> None:
        import numpy as np

        from relu_bench.machine import provenance

        self._random = np.random.Generator(np.random.PCG64(0))
        self._circumstances = provenance.describe()
        self._effects: dict[object, float] = {}

    def run(self, spec: "Spec") -> Row:
        """The row of runs.csv: a score with effects of the axes, of the seed, and of chance."""
        from relu_bench.config.plan import NUMERICS

        far = abs(math.log10(spec.learning_rate) + 3)
        error = (
            0.02
            + 0.01 * far**2
            + sum(
                self._effect(part, spread)
                for part, spread in (
                    (spec.activation, 0.01),
                    (spec.initializer, 0.003),
                    ((spec.activation, spec.learning_rate), 0.005),
                    (("seed", spec.seed), 0.001),
                )
            )
        )
        error += 0.001 * float(self._random.random())
        lost = self._effect(("lost", spec.activation, spec.learning_rate), 1.0)
        outcome = "learned"
        if far >= 2 and float(self._random.random()) < lost - 0.6:
            outcome = "diverged"
        elif far and float(self._random.random()) < 0.2 * lost - 0.1:
            outcome, error = "at_chance", 1 - GUESS
        numbers: Row = {}
        for part, more in (("train", -0.01), ("val", 0.001), ("test", 0.0)):
            noise = 0.0005 * float(self._random.random())
            numbers[f"{part}_accuracy"] = 1 - error - more * (outcome == "learned") - noise
            numbers[f"{part}_loss"] = 3.2 * error + noise
        best = {
            f"best_epoch_{part}_accuracy": numbers[f"{part}_accuracy"] for part in ("val", "test")
        }
        found: Row = {**numbers, **best, "best_epoch": EPOCHS} if outcome != "diverged" else {}
        return {
            **found, **spec.row(), **self._circumstances,
            "status": "completed", "outcome": outcome, "parameter_count": 109386,
            "metric": "accuracy", "guess_val_accuracy": GUESS, "guess_test_accuracy": GUESS,
            "train_seconds": 1.4 + 0.3 * float(self._random.random()), "compile_seconds": 0.0,
            "probes": True, "probe_seconds": 0.1, "initial_gradient_ratio": 0.6 + error,
            "started_at": "2026-01-01T00:00:00+00:00", "numerics": NUMERICS, "attempts": 1,
        }  # fmt: skip

    def epochs(self, run: Row) -> list[Row]:
        """The rows of epochs.csv: from the guess to the scores of the run, or to where it stops."""
        diverged = run["outcome"] == "diverged"
        rows: list[Row] = []
        for epoch in range(3 if diverged else EPOCHS + 1):
            row: Row = {"epoch": epoch, "seconds": 0.14 + 0.03 * float(self._random.random())}
            if not (diverged and epoch == 2):
                rest = 0.35**epoch * (0.9 + 0.2 * float(self._random.random()))
                for part in ("train", "val"):
                    end = run.get(f"{part}_accuracy", GUESS)
                    row[f"{part}_accuracy"] = end + (GUESS - end) * min(rest, 1.0)
                    row[f"{part}_loss"] = 2.3 * rest + run.get(f"{part}_loss", 2.3)
            rows.append(row)
        return rows

    def layers(self, spec: "Spec", diverged: bool) -> list[Row]:
        """The rows of layers.csv: more units fall silent at a higher learning rate."""
        silent = self._effect(("silent", spec.activation), 0.2) * (
            1 + math.log10(spec.learning_rate) / 4
        )
        rows: list[Row] = []
        for epoch in range(3 if diverged else EPOCHS + 1):
            for depth, (layer, units) in enumerate(HIDDEN.items()):
                row: Row = {"epoch": epoch, "layer": layer, "units": units}
                if not (diverged and epoch == 2):
                    row |= self._hidden(spec, silent * epoch / EPOCHS, epoch, depth)
                rows.append(row)
            rows.append(
                {"epoch": epoch, "layer": "output", "units": OUTPUT_UNITS, **self._kernel(epoch)}
            )
        return rows

    def _hidden(self, spec: "Spec", silent: float, epoch: int, depth: int) -> Row:
        draws = [float(each) for each in self._random.random(9)]
        row: Row = {
            "dead_fraction": silent * draws[0], "inactive_fraction": silent * draws[0],
            "sparsity": 0.4 + 0.2 * draws[1], "pre_mean": draws[2] - 0.5, "pre_std": 0.4 + draws[3],
            "out_mean": draws[4] - 0.2, "out_std": 0.2 + draws[5],
            "gradient_rms": 0.05 * (1 + depth) * (0.5 + draws[6]), **self._kernel(epoch),
        }  # fmt: skip
        counts = ("died", "revived") if epoch else ("born_dead",)
        row |= {name: int(5 * draw) for name, draw in zip(counts, draws[7:], strict=False)}
        if spec.activation.startswith(("prelu", "arelu", "learnable")):
            row |= {"slope_mean": 0.25 * draws[0], "slope_min": -draws[1], "slope_max": draws[2]}
        return row

    def _kernel(self, epoch: int) -> Row:
        draws = [float(each) for each in self._random.random(5)]
        later = {"update_ratio": 0.1 * draws[3], "update_cosine": draws[4] - 0.5} if epoch else {}
        return {
            "kernel_gradient_norm": draws[0], "kernel_norm": 9 + draws[1],
            "same_sign_fraction": 0.1 * draws[2], **later,
        }  # fmt: skip

    def _effect(self, of: object, spread: float) -> float:
        """What all runs with this have in common, drawn once."""
        if of not in self._effects:
            self._effects[of] = spread * float(self._random.random())
        return self._effects[of]


if __name__ == "__main__":
    main()
