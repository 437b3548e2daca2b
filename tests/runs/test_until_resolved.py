"""Seeds are added until all is resolved: the loop, with an executor that makes its scores up."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_training import result_of

from relu_bench.cli.rounds import Rounds, rounds_of
from relu_bench.cli.run_display import Display
from relu_bench.config import yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.config.plan import Spec, make_plan
from relu_bench.config.planning import Planned
from relu_bench.config.until_resolved import Wishes
from relu_bench.execution import runner
from relu_bench.execution.executor import Finished, RunFailed, Wanted, always
from relu_bench.store import RunRecord, Store, read
from relu_bench.store.status import progress

Score = Callable[[Spec], float | str | None]
"""The test accuracy of a run; None for none, and why it failed."""
ELU = "elu(alpha=1.0)"
CONFIG = """
experiment: growing
dataset: mnist
activation: [relu, elu, tanh, gelu]
"""


class Killed(Exception):  # noqa: N818
    """Stands for one."""


class Scored:
    """Does each spec when it is submitted, by a made-up score; `most` runs, then it is killed."""

    def __init__(self, score: Score, most: int = 10**9) -> None:
        self.score, self.left = score, most
        self.submitted: list[list[Spec]] = []
        self.entered = 0

    def submit(self, specs: Sequence[Spec], wanted: Wanted = always) -> "list[Future[Finished]]":
        self.submitted.append([])
        return [self._do(spec) for spec in specs if wanted(spec)]

    def _do(self, spec: Spec) -> "Future[Finished]":
        future: Future[Finished] = Future()
        if self.left == 0:
            future.set_exception(Killed())
            return future
        self.left -= 1
        self.submitted[-1].append(spec)
        score = self.score(spec)
        if isinstance(score, str):
            future.set_exception(RunFailed(score, attempts=2))
            return future
        result = result_of(spec)
        summary = {**result.summary, "test_accuracy": score}
        future.set_result(Finished(replace(result, summary=summary), attempts=1))
        return future

    def __enter__(self) -> "Scored":
        self.entered += 1
        return self

    def __exit__(self, *exception: object) -> None:
        return None


class Log(Display):
    """A display that remembers what it was told of looks."""

    def __init__(self) -> None:
        super().__init__([], Path(), summary=False, as_json=False)
        self.lines: list[str] = []

    def looked(self, experiment: str, lines: Sequence[str]) -> None:
        self.lines += lines

    def notice(self, text: str) -> None:
        self.lines.append(text)

    def starting(self, count: int) -> None:
        self.lines.append(f"starting {count}")


def planned(text: str = CONFIG, *sets: str) -> Planned:
    experiment = from_document(yaml_source.parse(text, "c.yaml"), sets)
    return Planned(experiment, make_plan(experiment))


def resolve(
    folder: Path,
    score: Score,
    *sets: str,
    most: int = 10**9,
    resume: bool = False,
    make: "type[Scored]" = Scored,
    **given: Any,
) -> tuple[Rounds, Scored, Log]:
    """One call of the command, without the command line."""
    executor, log = make(score, most), Log()
    asked = runner.plan_kept(folder) if resume else [planned(CONFIG, *sets)]
    rounds = rounds_of(asked, folder, Wishes(**given), until_resolved=True, resuming=resume)
    runner.run(
        rounds.planned,
        Store(folder),
        lambda count: executor,
        log,
        further=lambda: rounds.further(log),
    )
    return rounds, executor, log


def drawn(**shifts: float) -> Score:
    """Accuracies of 10,000 images with an sd of 0.1 points, each activation shifted by points."""

    def score(spec: Spec) -> float:
        name = spec.activation.partition("(")[0]
        random = np.random.default_rng([spec.seed, *name.encode()])
        share = 0.97 + shifts.get(name, 0.0) / 100 + random.normal(0, 0.001)
        return round(float(share), 4)

    return score


def seeds_of(folder: Path) -> dict[str, list[int]]:
    """The stored seeds of each activation."""
    runs = read(folder, "runs")
    return {name: sorted(its["seed"]) for name, its in runs.groupby("activation")}


def verdicts(rounds: Rounds) -> dict[str, tuple[str, int]]:
    """The verdict on each variant, and the look that it is of."""
    return {
        each.variant: (each.verdict, each.look)
        for resolving in rounds.resolving
        for each in resolving.looked
    }


CLEAR = drawn(elu=0.5, tanh=-0.4, gelu=0.1)


def test_decided_variants_stop_and_the_baseline_goes_on(tmp_path: Path) -> None:
    rounds, executor, _ = resolve(tmp_path, CLEAR)
    found = verdicts(rounds)
    assert found[ELU] == ("better", 15)
    assert found["tanh"] == ("worse", 15)
    verdict, look = found["gelu(approximate=false)"]
    assert (verdict, look > 15) == ("better", True)
    seeds = seeds_of(tmp_path)
    assert seeds[ELU] == seeds["tanh"] == list(range(15))
    assert seeds["relu"] == seeds["gelu(approximate=false)"] == list(range(look))
    # One executor lives through all looks; 10 seeds of each at first, then 5 of what is open.
    assert executor.entered == 1
    assert [len(each) for each in executor.submitted] == [40, 20] + [10] * ((look - 15) // 5)
    (plan,) = Store(tmp_path).plans()
    assert set(plan.run_ids) == set(read(tmp_path, "runs")["run_id"])
    assert plan.until_resolved is not None
    assert vars(plan.until_resolved) == {
        "baseline": "relu",
        "margin": 0.1,
        "max_seeds": 200,
        "comparisons": 3,
    }
    assert progress([tmp_path])[0].missing == ()


def test_what_is_decided_and_what_is_still_needed_is_said(tmp_path: Path) -> None:
    _, _, log = resolve(tmp_path, CLEAR)
    assert log.lines[:2] == [
        "starting 40",
        "10 seeds: 0 of 3 comparisons with relu decided.",
    ]
    assert log.lines[2].startswith("Open: elu(alpha=1.0) (+")
    assert "needs about 15 seeds" in log.lines[2]
    assert log.lines[3:5] == ["starting 20", "15 seeds: 2 of 3 comparisons with relu decided."]
    assert log.lines[5].startswith("Decided: elu(alpha=1.0) better (+")
    assert ", at 15 seeds); tanh worse (-" in log.lines[5]
    assert log.lines[-2].endswith("3 of 3 comparisons with relu decided.")
    assert "gelu(approximate=false) better (+" in log.lines[-1]


@pytest.mark.parametrize("most", [1, 39, 40, 45, 60, 65, 70])
@pytest.mark.parametrize("resume", [False, True])
def test_an_interrupted_call_ends_as_any_other(tmp_path: Path, most: int, resume: bool) -> None:
    whole, _, _ = resolve(tmp_path / "whole", CLEAR)
    with pytest.raises(Killed):
        resolve(tmp_path / "cut", CLEAR, most=most)
    (found,) = progress([tmp_path / "cut"])
    # Those that were done at the same time may be lost with the one that was killed.
    assert (found.completed <= most, bool(found.missing), found.unplanned) == (True, True, 0)
    again, _, _ = resolve(tmp_path / "cut", CLEAR, resume=resume)
    assert verdicts(again) == verdicts(whole)
    assert seeds_of(tmp_path / "cut") == seeds_of(tmp_path / "whole")
    assert Store(tmp_path / "cut").plans() == Store(tmp_path / "whole").plans()
    # And once more: nothing is left to do, nothing changes.
    done, executor, _ = resolve(tmp_path / "cut", CLEAR, resume=resume)
    assert (executor.submitted, verdicts(done)) == ([], verdicts(whole))
    assert Store(tmp_path / "cut").plans() == Store(tmp_path / "whole").plans()


def test_a_limit_that_is_reached_and_raised(tmp_path: Path) -> None:
    whole, _, _ = resolve(tmp_path / "whole", CLEAR)
    short, _, log = resolve(tmp_path / "short", CLEAR, max_seeds=23)
    gelu = "gelu(approximate=false)"
    assert verdicts(short)[gelu] == ("undecided", 20)
    assert log.lines[-2].startswith(f"Undecided: {gelu} (+0.")
    assert log.lines[-2].endswith("], needs about 30 seeds).")
    assert log.lines[-1] == "The limit is 23 seeds; --max-seeds raises it."
    assert seeds_of(tmp_path / "short")[gelu] == list(range(20))
    raised, _, _ = resolve(tmp_path / "short", CLEAR, resume=True, max_seeds=200)
    assert verdicts(raised) == verdicts(whole)
    assert Store(tmp_path / "short").plans() == Store(tmp_path / "whole").plans()


def test_more_seeds_in_the_store_do_not_count(tmp_path: Path) -> None:
    whole, _, _ = resolve(tmp_path / "whole", CLEAR)
    runner.run([planned(CONFIG, "seeds=60")], Store(tmp_path), lambda count: Scored(CLEAR), Log())
    rounds, executor, _ = resolve(tmp_path, CLEAR)
    assert (executor.submitted, verdicts(rounds)) == ([], verdicts(whole))
    plans = [plan for plan in Store(tmp_path).plans() if plan.until_resolved]
    assert plans == Store(tmp_path / "whole").plans()


def test_a_number_of_seeds_is_what_it_begins_with(tmp_path: Path) -> None:
    _, executor, _ = resolve(tmp_path / "a", CLEAR, "seeds=3")
    assert len(executor.submitted[0]) == 40
    rounds, executor, _ = resolve(tmp_path / "b", CLEAR, "seeds=18")
    assert len(executor.submitted[0]) == 4 * 18
    assert verdicts(rounds)[ELU] == ("better", 15)


def test_another_process_may_store_some(tmp_path: Path) -> None:
    whole, _, _ = resolve(tmp_path / "whole", CLEAR)
    rival = Store(tmp_path / "shared")

    class Shared(Scored):
        def submit(
            self, specs: Sequence[Spec], wanted: Wanted = always
        ) -> "list[Future[Finished]]":
            for spec in specs[::2]:
                done = {**result_of(spec).summary, "test_accuracy": CLEAR(spec)}
                cells = {"experiment": "growing", "run_id": spec.run_id, **spec.row(), **done}
                ended = {"status": "completed", "outcome": "learned", "numerics": 1}
                epochs = result_of(spec).epochs
                assert rival.append(RunRecord({**cells, **ended}, epochs))
            futures = super().submit(specs[1::2], wanted)
            elsewhere: list[Future[Finished]] = [Future() for _ in specs[::2]]
            for future in elsewhere:
                future.cancel()
                future.set_running_or_notify_cancel()
            return [*_merged(elsewhere, futures)]

    rounds, _, _ = resolve(tmp_path / "shared", CLEAR, make=Shared)
    assert verdicts(rounds) == verdicts(whole)
    assert seeds_of(rival.folder) == seeds_of(tmp_path / "whole")


def _merged(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """One of each by turns."""
    found = [None] * (len(first) + len(second))
    found[::2], found[1::2] = list(first), list(second)
    return found


def test_a_failed_run_leaves_its_seed_out(tmp_path: Path) -> None:
    def score(spec: Spec) -> float | str | None:
        failed = spec.activation == ELU and spec.seed in (3, 4)
        return "the worker died" if failed else CLEAR(spec)

    rounds, _, log = resolve(tmp_path, score)
    # Two of 15 are more than one in ten, two of 20 are not.
    assert verdicts(rounds)[ELU] == ("better", 20)
    (elu,) = [each for each in rounds.resolving[0].looked if each.variant == ELU]
    assert (elu.n, elu.failed) == (18, 2)
    assert "Left out, since a run failed: 2 seeds of elu(alpha=1.0)." in log.lines


def test_a_variant_that_fails_too_often_ends_undecided(tmp_path: Path) -> None:
    rounds, _, log = resolve(
        tmp_path, lambda spec: "no" if spec.activation == "tanh" else CLEAR(spec), max_seeds=50
    )
    assert verdicts(rounds)["tanh"][0] == "undecided"
    # With 6 seeds lost, no look up to 50 could say anything.
    assert seeds_of(tmp_path)["tanh"] == list(range(10))
    assert "Undecided: tanh (10 seeds left out, since a run failed)." in log.lines


def test_a_run_without_a_score_ends_its_comparison(tmp_path: Path) -> None:
    def score(spec: Spec) -> float | str | None:
        return None if (spec.activation, spec.seed) == ("tanh", 7) else CLEAR(spec)

    rounds, _, log = resolve(tmp_path, score)
    assert verdicts(rounds)["tanh"][0] == "undecided"
    assert seeds_of(tmp_path)["tanh"] == list(range(10))
    assert "Undecided: tanh (1 of 20 runs have no score)." in log.lines
    assert verdicts(rounds)[ELU] == ("better", 15)


def test_a_diverged_run_counts_as_the_constant_guess(tmp_path: Path) -> None:
    class Diverging(Scored):
        def _do(self, spec: Spec) -> "Future[Finished]":
            future = super()._do(spec)
            if spec.activation != ELU:
                return future
            lost: Future[Finished] = Future()
            result = future.result().result
            lost.set_result(Finished(replace(result, outcome="diverged"), attempts=1))
            return lost

    rounds, _, _ = resolve(tmp_path, CLEAR, make=Diverging)
    (elu,) = [each for each in rounds.resolving[0].looked if each.variant == ELU]
    assert (elu.verdict, elu.difference < -86) == ("worse", True)


def test_the_same_scores_are_practically_equal_if_a_test_image_is_less_than_the_margin(
    tmp_path: Path,
) -> None:
    same: Score = lambda spec: drawn()(spec.model_copy(update={"activation": "relu"}))  # noqa: E731
    rounds, _, log = resolve(tmp_path / "a", same)
    assert set(verdicts(rounds).values()) == {("practically equal", 15)}
    assert "practically equal (the same at all seeds, at 15 seeds)" in " ".join(log.lines)
    rounds, _, log = resolve(tmp_path / "b", same, margin=0.005, max_seeds=20)
    assert set(verdicts(rounds).values()) == {("undecided", 20)}
    assert "--margin 0.01" in " ".join(log.lines)


def test_equal_differences_that_are_not_0_decide_nothing(tmp_path: Path) -> None:
    def score(spec: Spec) -> float:
        lead = 0.02 if spec.activation == ELU else 0.0
        return round(0.9 + lead + spec.seed / 1000, 4)

    rounds, _, log = resolve(tmp_path, score, max_seeds=15)
    assert verdicts(rounds)[ELU] == ("undecided", 15)
    assert "all differences are equal" in " ".join(log.lines)
