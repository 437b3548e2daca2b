"""Which kinds of figure an experiment has something to show in, and what the others lack."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from relu_bench.compare import Results, completed, variant_layers, without_probes
from relu_bench.plots.kinds import KINDS

if TYPE_CHECKING:
    from pandas import DataFrame


class Worth:
    """One experiment before the table of kinds; layers.csv is read when a kind first needs it."""

    def __init__(self, results: Results, runs: DataFrame) -> None:
        """Look at `runs`, all those of one experiment in `results`."""
        self._results = results
        self._runs = runs

    def tells(self, kind: str) -> bool:
        """Whether a kind is drawn without being asked for."""
        rule = KINDS[kind].tells
        return rule is None or (len(self._means) > 0 and rule(self._means))

    def has(self, kind: str, runs: DataFrame) -> bool:
        """Whether any of these runs has what a kind shows."""
        measure = KINDS[kind].measure
        if not measure:
            return True
        measured = self._layers[self._layers[measure].notna()]
        return bool(measured["run_id"].isin(runs["run_id"]).any())

    def notices(self, asked: Collection[str], drawn: Collection[str]) -> list[str]:
        """What figures lack: kinds that were asked for in vain, runs without what they show."""
        lines = [f"no {kind} figure: {KINDS[kind].absent}" for kind in asked if kind not in drawn]
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

    @cached_property
    def _layers(self) -> DataFrame:
        layers = self._results.layers
        experiment = str(self._runs["experiment"].iloc[0])
        return layers[layers["experiment"] == experiment]

    @cached_property
    def _means(self) -> DataFrame:
        return variant_layers(self._runs, self._layers)

    @cached_property
    def _without_probes(self) -> int:
        return without_probes(self._runs, self._layers)

    @cached_property
    def _without_epochs(self) -> int:
        epochs = self._results.epochs
        experiment = self._runs["experiment"].iloc[0]
        stored = epochs.loc[epochs["experiment"] == experiment, "run_id"]
        return int((~completed(self._runs)["run_id"].isin(stored.unique())).sum())
