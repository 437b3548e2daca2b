"""What became of the units of one run: rows of layers.csv, epoch by epoch."""

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relu_bench.training.probes.probe import Kernels, Look, Mask, Probe, shown_steps
from relu_bench.training.probes.sums import finite, inner

Row = dict[str, Any]
Everything = tuple[Any, NDArray[np.int32]]
"""Stored inputs (m, ...), and the positions in them that count."""


class History:
    """The rows of one run.

    Args:
        probe: looks into the run's network.
        inputs: stored inputs of the probe set, (n, ...).
        targets: its targets, (n,).
        training_part: the whole of it, as stored inputs and positions in them.
    """

    def __init__(self, probe: Probe, inputs: Any, targets: Any, training_part: Everything) -> None:
        self.rows: list[Row] = []
        self.seconds = 0.0
        self._probe = probe
        self._inputs, self._targets = inputs, targets
        self._training_part = training_part
        self._silent: dict[str, Mask] | None = None
        self._kernels: Kernels = {}
        self._changes: Kernels = {}

    def note(self, epoch: int, *, last: bool) -> None:
        """Measure at the end of an epoch; 0 is before training, `last` the end of training."""
        started = time.perf_counter()
        look = self._probe.look(self._inputs, self._targets)
        # An inactive unit that learns its slope counts neither as silent nor as dead.
        silent = {
            name: sums.inactive & self._probe.can_die
            for name, sums in look.layers.items()
            if sums.finite
        }
        # A unit silent on the probe set may still see a few hundred other images.
        dead = silent
        if epoch == 0 or last:
            dead = self._probe.silent(*self._training_part, silent, look.moments)
        slopes = self._probe.learned_slopes()
        for name, kernel in self._current_kernels().items():
            row: Row = {"epoch": epoch, "layer": name, "units": kernel.shape[-1]}
            row |= self._kernel_cells(name, kernel, look.kernel_gradients[name])
            if name in silent:
                row |= look.layers[name].cells()
                row |= self._dead_cells(epoch, name, silent[name], dead[name])
            if name in slopes:
                row |= _slope_cells(slopes[name])
            self.rows.append(row)
        if epoch == 0 or last:
            self.rows += self._step_rows(epoch, look)
        self._silent = silent
        self.seconds += time.perf_counter() - started

    def _step_rows(self, epoch: int, look: Look) -> Iterator[Row]:
        """A row for each shown step of a recurrent layer; they stand behind those of the layers."""
        for each in self._probe.network.hidden:
            if not each.steps or not look.layers[each.name].finite:
                continue
            for step, gradient in zip(
                shown_steps(each.steps), look.states[each.name].tolist(), strict=True
            ):
                yield {
                    "epoch": epoch,
                    "layer": f"{each.name}_step_{step}",
                    "units": each.kernel.shape[-1],
                    "time_step": step,
                    "state_gradient_rms": finite(gradient),
                }

    def summary(self) -> Row:
        """The cells of runs.csv that sum up the rows.

        `final_dead_fraction`: share of dead units of all hidden layers at the last epoch; None
        where a layer was not measured. `initial_gradient_ratio`: before training, gradient_rms of
        the first hidden layer by that of the last; None with fewer than two hidden layers, or
        where the last one's is 0.
        """
        names = [each.name for each in self._probe.network.hidden]
        first, last = self._hidden_rows(names, 0), self._hidden_rows(names, self.rows[-1]["epoch"])
        shares = [row.get("dead_fraction") for row in last]
        units = [row["units"] for row in last]
        measured = [share for share in shares if share is not None]
        gradients = [row.get("gradient_rms") for row in first]
        ratio = None
        if len(gradients) > 1 and gradients[0] is not None and gradients[-1]:
            ratio = finite(gradients[0] / gradients[-1])
        return {
            "probes": True,
            "probe_seconds": self.seconds,
            "final_dead_fraction": (
                float(np.average(measured, weights=units)) if len(measured) == len(units) else None
            ),
            "initial_gradient_ratio": ratio,
        }

    def _hidden_rows(self, names: Sequence[str], epoch: int) -> list[Row]:
        return [row for row in self.rows if row["epoch"] == epoch and row["layer"] in names]

    def _dead_cells(self, epoch: int, name: str, silent: Mask, dead: Mask) -> Row:
        cells: Row = {"dead_fraction": float(dead.mean())}
        if epoch == 0:
            return cells | {"born_dead": int(dead.sum())}
        # Both epochs on the probe set: counts on different images would be no history.
        before = (self._silent or {}).get(name)
        if before is None:
            return cells
        died, revived = int((silent & ~before).sum()), int((before & ~silent).sum())
        return cells | {"died": died, "revived": revived}

    def _current_kernels(self) -> Kernels:
        return {
            name: np.asarray(kernel, np.float32)
            for name, kernel in self._probe.network.kernels.items()
        }

    def _kernel_cells(
        self, name: str, kernel: NDArray[np.float32], gradient: NDArray[np.float32]
    ) -> Row:
        norm = _norm(kernel)
        cells: Row = {
            "kernel_norm": finite(norm),
            "kernel_gradient_norm": finite(_norm(gradient)),
            "same_sign_fraction": same_sign_fraction(gradient),
        }
        if name in self._kernels:
            change = kernel - self._kernels[name]
            cells["update_ratio"] = finite(_norm(change) / norm) if norm else None
            if name in self._changes:
                cells["update_cosine"] = cosine(change, self._changes[name])
            self._changes[name] = change
        self._kernels[name] = kernel.copy()
        return cells


def _slope_cells(slopes: NDArray[np.float32]) -> Row:
    found = slopes.astype(np.float64)
    return {
        "slope_mean": finite(float(found.mean())),
        "slope_min": finite(float(found.min())),
        "slope_max": finite(float(found.max())),
    }


def same_sign_fraction(gradient: NDArray[np.float32]) -> float | None:
    """Share of units whose incoming weights' gradients (..., units) all have one sign.

    Zeros have none (pixels that are black in every image get no gradient); a unit with nothing
    else is not counted. None without any unit to count, or where a gradient is not finite.
    """
    if not np.isfinite(gradient).all():
        return None
    by_unit = gradient.reshape(-1, gradient.shape[-1])
    up, down = (by_unit > 0).any(axis=0), (by_unit < 0).any(axis=0)
    counted = int((up | down).sum())
    return float((up ^ down).sum() / counted) if counted else None


def cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> float | None:
    """The cosine of the angle between two changes of a kernel; None where one of them is 0."""
    norms = _norm(first) * _norm(second)
    return finite(inner(first, second) / norms) if norms else None


def _norm(values: NDArray[np.float32]) -> float:
    return math.sqrt(inner(values, values))
