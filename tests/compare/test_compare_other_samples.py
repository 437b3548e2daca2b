"""The intervals over other test samples: what they are of, and when there are none."""

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from fake_results import Row, results, run
from numpy.typing import NDArray

from relu_bench.compare import Comparison, answer, to_csv, to_json, to_text
from relu_bench.stats.crossed import crossed_mean_squares

SAMPLES = 1003
Bits = NDArray[np.uint8]


def answered(
    names: Sequence[str] = ("relu", "elu"), seeds: int = 5, **axes: Sequence[Any]
) -> tuple[list[Row], list[Row], dict[tuple[str, int, Any], Bits]]:
    """Runs, their rows of test_samples.csv, and their bits by variant, seed and setting."""
    random = np.random.default_rng(seeds)
    hard = random.random(SAMPLES) < 0.1
    ((axis, settings),) = axes.items() or [("learning_rate", [0.001])]
    runs, rows, bits = [], [], {}
    for place, name in enumerate(names):
        for seed in range(seeds):
            for value in settings:
                wrong = np.where(hard, 0.5 + 0.05 * place, 0.01)
                right = (random.random(SAMPLES) > wrong).astype(np.uint8)
                one = run(activation=name, seed=seed, test=float(right.mean()), **{axis: value})
                runs.append(one)
                rows.append(bits_row(one, right))
                bits[name, seed, value] = right
    return runs, rows, bits


def bits_row(one: Row, right: Bits, fingerprint: str | None = None) -> Row:
    return {
        "experiment": one["experiment"],
        "run_id": one["run_id"],
        "samples": len(right),
        "correct": base64.b64encode(np.packbits(right).tobytes()).decode(),
        "fingerprint": fingerprint,
    }


def compared(runs: Sequence[Row], rows: Sequence[Row], **options: Any) -> Comparison:
    asked = {"mode": "matched", **options}
    (found,) = answer(results(runs, samples=rows), ["activation"], **asked).comparisons
    return found


def sentence(comparison: Comparison) -> str:
    from relu_bench.compare import in_words

    found = [each for each in in_words(comparison) if each.startswith("On other")]
    assert len(found) <= 1
    return found[0] if found else ""


def differences(bits: dict[tuple[str, int, Any], Bits], settings: Sequence[Any]) -> list[Any]:
    seeds = sorted({seed for _, seed, _ in bits})
    return [
        np.mean(
            [
                bits["elu", seed, value].astype(float) - bits["relu", seed, value]
                for value in settings
            ],
            axis=0,
        )
        for seed in seeds
    ]


@pytest.mark.parametrize("settings", [[0.001], [0.1, 0.01, 0.001]])
def test_the_interval_is_that_of_crossed_seeds_and_samples(settings: Sequence[float]) -> None:
    """Over several settings a sample's difference is the mean over those that the pair shares."""
    runs, rows, bits = answered(learning_rate=settings)
    lone = run(activation="elu", learning_rate=7.0, seed=0)
    found = compared([*runs, lone] if len(settings) > 1 else runs, rows)
    (pair,) = found.pairs
    expected = crossed_mean_squares(differences(bits, settings))
    width = 100 * float(expected.half_width())
    assert pair.images_low == pytest.approx(100 * float(expected.mean) - width, abs=1e-9)
    assert pair.images_high == pytest.approx(100 * float(expected.mean) + width, abs=1e-9)
    assert sentence(found) == (
        f"On other images like these: elu ±{width:.2f}\u00a0points (95\u00a0%, over other seeds "
        "as well)."
    )


def test_json_and_csv_have_it_as_their_last_fields() -> None:
    runs, rows, _ = answered()
    found = answer(results(runs, samples=rows))
    (elu,) = [
        each
        for each in json.loads(to_json(found))["comparisons"][0]["variants"]
        if each["variant"] == "elu"
    ]
    assert list(elu)[-2:] == ["images_low", "images_high"]
    assert elu["images_low"] < elu["difference"] < elu["images_high"]
    first, second = csv.DictReader(io.StringIO(to_csv(found.comparisons)))
    assert list(first)[-2:] == ["images_low", "images_high"]
    cells = {each["variant"]: each["images_low"] for each in (first, second)}
    assert cells == {"relu": "", "elu": str(elu["images_low"])}


def test_without_bits_nothing_is_added() -> None:
    runs, _, _ = answered()
    found = compared(runs, [])
    assert sentence(found) == ""
    assert np.isnan([found.pairs[0].images_low, found.pairs[0].images_high]).all()
    assert "other images" not in to_text(answer(results(runs)))


def test_of_another_measure_nothing_is_known() -> None:
    runs, rows, _ = answered()
    assert sentence(compared(runs, rows, metric="val_accuracy")) == ""


Change = Callable[[list[Row], list[Row]], None]


def drop_one(runs: list[Row], rows: list[Row]) -> None:
    del rows[3]


def diverge(runs: list[Row], rows: list[Row]) -> None:
    runs[3] |= {"outcome": "diverged", "test_accuracy": None}
    del rows[3]


def of_another_training(runs: list[Row], rows: list[Row]) -> None:
    runs[3]["test_accuracy"] += 2 / SAMPLES


def of_another_content(runs: list[Row], rows: list[Row]) -> None:
    rows[3]["fingerprint"] = "1a2b"


def of_fewer_samples(runs: list[Row], rows: list[Row]) -> None:
    right = np.ones(SAMPLES - 100, np.uint8)
    rows[3] = bits_row(runs[3], right)
    runs[3]["test_accuracy"] = 1.0


def of_two_contents_at_one_seed(runs: list[Row], rows: list[Row]) -> None:
    runs.append({**runs[3], "run_id": "r0"})
    rows.append({**rows[3], "run_id": "r0"})


def all_alike(runs: list[Row], rows: list[Row]) -> None:
    for one, row in zip(runs, rows, strict=True):
        one["test_accuracy"], row["correct"] = runs[0]["test_accuracy"], rows[0]["correct"]


@pytest.mark.parametrize(
    ("change", "seeds", "options", "why"),
    [
        (None, 2, {}, "it takes 3 seeds"),
        (None, 5, {"mode": "tuned"}, "it is not known of tuned settings"),
        (drop_one, 5, {}, "1 of 10 runs does not have their bits"),
        (diverge, 5, {}, "1 of 10 runs does not have their bits"),
        (of_another_training, 5, {}, "1 of 10 runs does not have their bits"),
        (of_another_content, 5, {}, "the runs were not tested on the same samples, each seed once"),
        (of_fewer_samples, 5, {}, "the runs were not tested on the same samples, each seed once"),
        (
            of_two_contents_at_one_seed,
            5,
            {},
            "the runs were not tested on the same samples, each seed once",
        ),
        (all_alike, 5, {}, "no sample is answered differently"),
    ],
)
def test_where_it_is_not_shown_that_is_said(
    change: Change | None, seeds: int, options: dict[str, Any], why: str
) -> None:
    runs, rows, _ = answered(seeds=seeds)
    if change is not None:
        change(runs, rows)
    found = compared(runs, rows, **options)
    assert sentence(found) == f"On other images like these: not shown for elu, since {why}."
    assert np.isnan(found.pairs[0].images_low)


def test_a_pair_without_bits_leaves_the_others_as_they_are() -> None:
    runs, rows, _ = answered(("relu", "elu", "selu"))
    whole = compared(runs, rows)
    lacking = compared(runs, rows[:-1])
    by_variant = {pair.variant: pair for pair in whole.pairs}
    for pair in lacking.pairs:
        if pair.variant == "elu":
            assert pair.images_low == by_variant["elu"].images_low
        else:
            assert np.isnan(pair.images_low)
    assert "elu ±" in sentence(lacking)
    assert "; not shown for selu, since 1 of 10 runs" in sentence(lacking)


def test_rows_that_are_no_runs_of_the_comparison_do_not_count() -> None:
    """Such as one of a training that was lost: the one that fits the run's score is its own."""
    runs, rows, _ = answered()
    wrong = {**rows[0], "correct": rows[1]["correct"]}
    stray = {**rows[0], "run_id": "r123"}
    found = compared(runs, [stray, rows[0], wrong, *rows[1:]])
    assert found.pairs[0].images_low == compared(runs, rows).pairs[0].images_low


def test_what_are_no_images_are_not_called_so() -> None:
    runs, rows, _ = answered()
    own = [{**one, "dataset": "./leaves"} for one in runs]
    assert sentence(compared(own, rows)).startswith("On other samples like these: elu ±")
