"""What the further views say of themselves: over which runs they are, and what is missing."""

import json
import math
import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from comparing import answers_of, noisy, variants
from fake_results import Row, failed, results, run, runs_table

from relu_bench.compare import Answers, Mode, answer, text_lines, to_json, to_latex, to_markdown
from relu_bench.compare.documents import not_shown
from relu_bench.compare.time_to_accuracy import differing
from relu_bench.errors import ReluBenchError

NOTHING_HELD_OUT = (
    "The time to accuracy is measured on validation, but nothing was held out for it in these "
    "runs. Run the config with validation_split above 0."
)


def text(answers: Answers) -> str:
    """The whole text on one line, with plain spaces."""
    return " ".join(line.strip() for line, _ in text_lines(answers)).replace("\u00a0", " ")


def grid(seeds: int = 3, **axes: tuple[Any, ...]) -> list[Row]:
    """A crossed design with errors that scatter."""
    random = np.random.default_rng(0)
    return [
        run(
            seed=seed,
            test=1 - 0.03 * float(np.exp(random.normal(0, 0.1))),
            **dict(zip(axes, values, strict=True)),
        )
        for values in product(*axes.values())
        for seed in range(seeds)
    ]


def test_what_only_one_table_lacks_is_a_notice() -> None:
    with_one = noisy(["relu", "elu"], 3, experiment="with")
    without = noisy(["relu", "elu"], 3, experiment="without", validation_split=0.0)

    answers = answer(results([*with_one, *without]), with_times=True)

    assert [each.times is None for each in answers.further] == [False, True]
    assert answers.notices == (f"without: no time to accuracy by activation: {NOTHING_HELD_OUT}",)


def test_the_notice_names_what_tells_the_table_from_others_of_its_experiment() -> None:
    rows = [
        *noisy(["relu", "elu"], 3),
        *noisy(["relu", "elu"], 3, dataset="digits", validation_split=0.0),
    ]

    answers = answer(results(rows), with_times=True, with_effects=True)

    assert answers.notices == (
        f"variants, dataset digits: no time to accuracy by activation: {NOTHING_HELD_OUT}",
        "variants, dataset mnist: no effects: Only activation varies in variants: effects take two "
        "axes or more.",
        "variants, dataset digits: no effects: Only activation varies in variants: effects take "
        "two axes or more.",
    )


def test_times_that_no_table_has_are_an_error() -> None:
    rows = [
        *noisy(["relu", "elu"], 3, experiment="one", validation_split=0.0),
        *noisy(["relu", "elu"], 3, experiment="two", validation_split=0.0),
    ]

    with pytest.raises(ReluBenchError, match="nothing was held out"):
        answer(results(rows), with_times=True)


def test_a_target_is_made_of_no_baseline_that_failed() -> None:
    rows = [*variants({"elu": [0.97, 0.96], "tanh": [0.97, 0.95]}), failed(activation="relu")]
    given: dict[str, Any] = {"baseline": "relu", "with_times": True}

    with pytest.raises(ReluBenchError, match="but relu has none in these runs"):
        answer(results(rows), **given)
    times = answer(results(rows), target=90.0, **given).further[0].times
    assert times is not None
    assert {row.variant for row in times.rows} == {"elu", "tanh"}


@pytest.mark.parametrize(
    ("mode", "limits"), [("matched", ""), ("tuned", ", not of the best alone")]
)
def test_times_say_over_which_settings_they_are(mode: Mode, limits: str) -> None:
    rows = grid(activation=("relu", "elu"), batch_norm=(False, True))
    by = ("activation",)

    usual = text(answer(results(rows), by, mode=mode, with_times=True))
    given = text(answer(results(rows), by, mode=mode, target=95.0, with_times=True))

    over = ", over all settings that all variants have"
    assert f"% (99 % of the final one of relu at its best setting){over}" in usual
    assert f"Time to a validation accuracy of 95.00 %{over}" in given
    assert (
        f"Medians over the runs at the settings of batch_norm that all variants have{limits}; a "
        in usual
    )


def test_times_of_runs_in_which_nothing_else_varies_are_of_all_runs() -> None:
    shown = text(answer(results(noisy(["relu", "elu"], 3)), with_times=True))

    assert "of relu activation reached" in shown.replace("of the final one ", "")
    assert "Medians over the runs; a run that never reaches" in shown
    assert "settings that all variants have" not in shown


def test_what_keeps_seconds_from_being_compared_is_named() -> None:
    rows = [{**row, "jobs": 1} for row in noisy(["relu", "elu"], 2)]
    assert differing(runs_table(rows)) == ()

    rows[0]["jobs"] = 2
    assert "No seconds: the runs differ in jobs." in text(answer(results(rows), with_times=True))

    rows[1]["processor"], rows[2]["host"] = "another", "desk"
    assert differing(runs_table(rows)) == ("host", "processor", "jobs")
    shown = text(answer(results(rows), with_times=True))
    assert "No seconds: the runs differ in host, processor, jobs." in shown


def test_an_unknown_number_of_jobs_is_another_one() -> None:
    one, other = noisy(["relu", "elu"], 1)

    assert differing(runs_table([{**one, "jobs": 1}, {**other, "jobs": None}])) == ("jobs",)
    assert differing(runs_table([{**one, "jobs": None}, {**other, "jobs": None}])) == ()


def test_effects_that_are_not_shown_are_counted() -> None:
    four = {
        "activation": ("relu", "elu"),
        "learning_rate": (0.1, 0.01),
        "batch_norm": (False, True),
        "batch_size": (32, 64),
    }
    ten = answers_of(grid(2, **four), "activation", with_effects=True)
    fifteen = answers_of(grid(2, **four, dropout=(0.0, 0.5)), "activation", with_effects=True)

    assert "not shown" not in text(ten)
    assert "Smaller effects that are not shown: 5; --format json has all." in text(fifteen)
    assert "not shown: 5" in to_markdown(fifteen)
    assert "not shown: 5" in to_latex(fifteen)
    (table,) = json.loads(to_json(fifteen))["comparisons"]
    assert len(table["effects"]["log_error"]["effects"]) == 15


def test_the_ranges_of_the_axes_stand_in_the_title() -> None:
    answers = answers_of(
        grid(activation=("relu", "elu"), learning_rate=(0.1, 0.01, 0.001)),
        "activation",
        with_effects=True,
    )
    title = (
        "Effects on the log of the test error, where it learned (ranges: activation elu, relu; "
        "learning_rate 0.001 to 0.1)"
    )

    assert title in text(answers)
    assert f"**{title}**".replace("_", r"\_") in to_markdown(answers)
    assert max(len(line) for line, _ in text_lines(answers)) <= 80


@pytest.mark.parametrize("mode", ["matched", "tuned"])
def test_effects_beside_tuned_scores_say_that_they_are_over_all_runs(mode: Mode) -> None:
    rows = grid(activation=("relu", "elu"), batch_norm=(False, True))

    shown = text(answers_of(rows, "activation", mode=mode, with_effects=True))

    said = "The effects are over all runs, not over the best settings alone." in shown
    assert said == (mode == "tuned")


def test_views_that_a_form_has_no_place_for_are_named() -> None:
    rows = grid(activation=("relu", "elu"), batch_norm=(False, True))
    both = answers_of(rows, "activation", with_times=True, with_effects=True)
    effects = answers_of(rows, "activation", with_effects=True)
    none = answers_of(rows, "activation")
    views = "the time to accuracy and the effects"

    for wide in (False, True):
        csv = not_shown(both, "csv", in_columns=wide)
        assert csv == (f"not in CSV, but with --format json: {views}",)
        assert not_shown(both, "json", in_columns=wide) == ()
        assert not_shown(none, "csv", in_columns=wide) == ()
    for form in ("table", "markdown", "latex"):
        assert not_shown(both, form) == ()
        assert not_shown(effects, form, in_columns=True) == (
            "not with --wide, but with --format json: the effects",
        )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (-5.0, "is no validation accuracy; expected a number from 0 to 100"),
        (97000.0, "is no validation accuracy; expected a number from 0 to 100"),
        (math.nan, "is no validation accuracy"),
        (0.97, "For 97 % give --target 97."),
    ],
)
def test_a_target_that_no_score_can_mean(target: float, said: str) -> None:
    rows = [run(seed=seed, activation=name) for name in ("relu", "elu") for seed in range(2)]

    with pytest.raises(ReluBenchError, match=re.escape(said)):
        answer(results(rows), with_times=True, target=target)
