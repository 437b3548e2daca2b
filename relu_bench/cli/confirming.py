"""`relu-bench run --confirm`: its options, and the plans that come in place of the configs' own."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from relu_bench.config.planning import Planned
from relu_bench.errors import ReluBenchError


def check_confirm(
    confirm: int | None, by: Sequence[str] | None, others: Mapping[str, object]
) -> None:
    """Whether --confirm and --by stand beside what they go with.

    Args:
        confirm: as given.
        by: as given.
        others: the options that --confirm does not go with, by name, as given.

    Raises:
        ReluBenchError: they do not.
    """
    if confirm is None and by:
        raise ReluBenchError("--by says what --confirm compares: give --confirm N too.")
    beside = [name for name, value in others.items() if value]
    if confirm is not None and beside:
        raise ReluBenchError(
            "--confirm N takes CONFIG, all of its runs, and N seeds: leave out "
            f"{', '.join(beside)}. --resume RESULTS by itself goes on with a confirmation that was "
            "begun."
        )


def training_commands(
    configs: Sequence[Path], overrides: Sequence[str], *, out: Path | None, data_dir: Path | None
) -> list[str]:
    """What trains each config by itself."""
    options = [part for given in overrides for part in ("--set", given)]
    options += [] if out is None else ["--out", str(out)]
    options += [] if data_dir is None else ["--data-dir", str(data_dir)]
    return [shlex.join(["relu-bench", "run", str(config), *options]) for config in configs]


def confirmed(
    planned: Sequence[Planned],
    commands: Sequence[str],
    folder: Path,
    *,
    seeds: int | None,
    by: Sequence[str],
    data_dir: Path | None,
) -> tuple[Sequence[Planned], list[str]]:
    """The confirmation of each planned experiment, and which settings were chosen for it.

    Without `seeds` they are what was planned.

    Raises:
        ReluBenchError: as `compare.confirming.confirmation`.
    """
    if seeds is None:
        return planned, []
    from relu_bench.compare.confirming import confirmation
    from relu_bench.execution.runner import experiment_of

    found = [
        confirmation(
            each,
            folder,
            seeds=seeds,
            by=by,
            data_dir=data_dir,
            command=command,
            experiment_of=experiment_of,
        )
        for each, command in zip(planned, commands, strict=True)
    ]
    return [plan for plan, _ in found], [said for _, said in found]
