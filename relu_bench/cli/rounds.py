"""`run --until-resolved`: what may be asked for, and what is said after each look."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from relu_bench.config.planning import Planned
from relu_bench.config.until_resolved import Wishes
from relu_bench.errors import ReluBenchError
from relu_bench.wording import plural, series

if TYPE_CHECKING:
    from relu_bench.cli.run_display import Display
    from relu_bench.compare.until_resolved import Resolving


def check_options(
    wishes: Wishes, shard: str | None, *, until_resolved: bool, resuming: bool, configs: int
) -> None:
    """Whether the options go together.

    Args:
        wishes: what only --until-resolved takes.
        shard: what was given as --shard.
        until_resolved: whether that was given.
        resuming: whether a store says what to do.
        configs: how many there are.

    Raises:
        ReluBenchError: they do not.
    """
    if wishes.given and not (until_resolved or resuming):
        raise ReluBenchError(
            f"{series(wishes.given)} {plural(len(wishes.given), 'goes', 'go')} with "
            "--until-resolved, which adds seeds until every comparison is decided; add it, or "
            "leave out the rest. (`relu-bench compare` has a --baseline and a --margin of its own.)"
        )
    if until_resolved and shard is not None:
        raise ReluBenchError(
            "--until-resolved looks at all runs to know which ones to add, and --shard knows only "
            "a part. Leave out one of the two; several processes may share one --out, and "
            "--cluster takes many machines."
        )
    if until_resolved and configs > 1:
        raise ReluBenchError(
            f"--until-resolved takes one config a call, and these are {configs}: give one after "
            "the other; they may share one --out."
        )


class Rounds:
    """The plans of a call, of which some grow by what comes out.

    Attributes:
        fixed: plans that stay as they are.
        resolving: those that grow.
    """

    def __init__(
        self, fixed: Sequence[Planned], resolving: "Sequence[Resolving]", folder: Path
    ) -> None:
        self.fixed = fixed
        self.resolving = resolving
        self._folder = folder
        self._decided: dict[str, set[str]] = {}
        for each in resolving:
            each.advance(folder)

    @property
    def planned(self) -> tuple[Planned, ...]:
        """All that was asked for so far."""
        return (*self.fixed, *(each.planned for each in self.resolving))

    def workers(self, count: int) -> int:
        """How many workers are of use: growing plans have more runs later than `count` now."""
        return max([count, *(len(each.seeds) for each in self.resolving)])

    def further(self, display: "Display") -> tuple[Planned, ...]:
        """The plans that have grown by what is stored now; says what was found."""
        grown = []
        for each in self.resolving:
            before = each.seeds
            each.advance(self._folder)
            display.looked(each.name, self._words(each))
            if each.seeds != before:
                grown.append(each.planned)
        display.grown(self.planned)
        return tuple(grown)

    def _words(self, resolving: "Resolving") -> list[str]:
        from relu_bench.compare.until_resolved import words_of

        told = self._decided.setdefault(resolving.name, set())
        words = words_of(resolving, told)
        told.update(each.variant for each in resolving.looked if each.decided)
        return words

    def verdicts(self) -> list[str]:
        """What came out, a line each."""
        from relu_bench.compare.until_resolved import words_of

        return [line for each in self.resolving for line in words_of(each)]


def rounds_of(
    planned: Sequence[Planned],
    folder: Path,
    wishes: Wishes,
    data_dir: Path | None = None,
    *,
    until_resolved: bool,
    resuming: bool,
) -> Rounds:
    """The plans of a call: all grow with `until_resolved`; resuming, those that did before.

    Raises:
        ReluBenchError: what is wished for cannot be; see `compare.until_resolved`.
    """
    growing = [
        each
        for each in planned
        if each.until_resolved is not None or (until_resolved and not resuming)
    ]
    if resuming and not growing and (until_resolved or wishes.given):
        raise ReluBenchError(
            f"{folder} has no plan that --until-resolved has made, so there is nothing to go on "
            f"with. Give the config: relu-bench run CONFIG --until-resolved --out {folder}"
        )
    if not growing:
        return Rounds(planned, (), folder)
    from relu_bench.compare.until_resolved import resolving
    from relu_bench.store import Store

    kept = Store(folder).plans()
    made = [resolving(each, kept, wishes, data_dir) for each in growing]
    fixed = [each for each in planned if not any(each is other for other in growing)]
    return Rounds(fixed, made, folder)
