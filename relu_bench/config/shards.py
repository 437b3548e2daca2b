"""`--shard I/N`: a plan cut into parts that need nothing of each other. Pure.

The same plan gives the same parts on every machine, whatever is stored already: they are cut by the
count of runs, since an estimate of their time depends on the machine.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from relu_bench.config.planning import Planned
from relu_bench.errors import ReluBenchError

_REMEDY = (
    "shards are counted from 1, so that of I/N comes from a SLURM array with --array=1-N: "
    "--shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
)


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`, counted from 1."""

    index: int
    count: int


def parse(text: str) -> Shard:
    """`2/8` as a shard.

    Raises:
        ReluBenchError: it is no such pair, or the first number is not from 1 to the second.
    """
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    if found is None:
        raise ReluBenchError(f"--shard {text!r}: expected I/N, such as 2/8; {_REMEDY}.")
    index, count = int(found[1]), int(found[2])
    if index == 0 or count == 0:
        raise ReluBenchError(f"--shard {text}: there is no shard 0; {_REMEDY}.")
    if index > count:
        raise ReluBenchError(
            f"--shard {text}: there is no shard {index} of {count}. I goes from 1 to N; {_REMEDY}."
        )
    return Shard(index, count)


def cut(planned: Sequence[Planned], shard: Shard) -> tuple[Planned, ...]:
    """The part of the plans that belongs to a shard; the parts differ by one run at most.

    Runs of one program are neighbours, and each part is a piece of that order, so that few
    programs are compiled in two parts. A run that two experiments ask for is in one part.
    """
    programs: dict[object, dict[str, None]] = {}
    seen: set[str] = set()
    for each in planned:
        for spec in each.specs:
            run_id = spec.run_id
            if run_id not in seen:
                seen.add(run_id)
                programs.setdefault(spec.program_key, {})[run_id] = None
    order = [run_id for runs in programs.values() for run_id in runs]
    start = len(order) * (shard.index - 1) // shard.count
    stop = len(order) * shard.index // shard.count
    mine = set(order[start:stop])
    return tuple(
        replace(each, specs=tuple(spec for spec in each.specs if spec.run_id in mine))
        for each in planned
    )
