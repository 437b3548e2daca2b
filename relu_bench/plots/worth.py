"""Which kinds of figure an experiment has something to show in, and what the others lack."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench.compare import Selection, completed, without_probes
from relu_bench.plots.kinds import KINDS

if TYPE_CHECKING:
    from pandas import DataFrame


class Worth:
    """One experiment before the table of kinds; layers.csv is read when a kind first needs it."""

    def __init__(self, results: Selection, experiment: Selection) -> None:
        """Look at the runs of one experiment of `results`."""
        self._results = results
        self._experiment = experiment
        self._runs = experiment.runs
        self._measured: dict[str, list[str]] = {}

    def tells(self, kind: str) -> bool:
        """Whether a kind is drawn without being asked for."""
        rule = KINDS[kind].tells
        if rule is None:
            return True
        judged, measure = KINDS[kind].judged, KINDS[kind].measure
        if judged is None:
            table = self._experiment.variant_layers if measure else self._runs
        elif measure and not self._having(measure):
            return False
        else:
            table = judged(self._results, self._runs)
        return len(table) > 0 and rule(table)

    def has(self, kind: str, runs: DataFrame) -> bool:
        """Whether any of these runs has what a kind shows."""
        measure = KINDS[kind].measure
        return not measure or bool(runs["run_id"].isin(self._having(measure)).any())

    def notices(
        self, asked: Collection[str], drawn: Collection[str], refused: Collection[str] = ()
    ) -> list[str]:
        """What figures lack: kinds that were asked for in vain, runs without what they show.

        Args:
            asked: kinds that were asked for.
            drawn: those that are drawn.
            refused: those of which a notice says already why not.
        """
        lines = [
            f"no {kind} figure: {KINDS[kind].absent}"
            for kind in asked
            if kind not in drawn and kind not in refused
        ]
        if "comparison" in drawn and (without := self._without_epochs):
            runs = "1 run has" if without == 1 else f"{without} runs have"
            lines.append(f"{runs} no rows in epochs.csv and so no learning curve")
        inside = any(KINDS[kind].measure for kind in drawn)
        if (inside or not asked) and (without := self._without_probes):
            runs = "1 run was" if without == 1 else f"{without} runs were"
            those = "it is" if without == 1 else "they are"
            lack = (
                f"{those} missing from the figures of layers"
                if inside
                else "there are no figures of layers"
            )
            lines.append(f"{runs} stored without probes: {lack}")
        return lines

    def _having(self, measure: str) -> list[str]:
        """The run_ids of which a measure exists in some layer."""
        if measure not in self._measured:
            there = self._experiment.layers[measure].notna()
            self._measured[measure] = self._experiment.layers.loc[there, "run_id"].unique().tolist()
        return self._measured[measure]

    @cached_property
    def _without_probes(self) -> int:
        done = completed(self._runs)
        if "probes" in done and done["probes"].fillna(False).all():
            return 0  # which needs no look into layers.csv
        return without_probes(self._runs, self._experiment.layers)

    @cached_property
    def _without_epochs(self) -> int:
        stored = self._experiment.epochs["run_id"]
        return int((~completed(self._runs)["run_id"].isin(stored.unique())).sum())
