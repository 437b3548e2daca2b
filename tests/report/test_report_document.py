from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_results import failed, run
from reporting import document_of, pairs_of, store_of, with_failures

from relu_bench.config.experiment import from_document
from relu_bench.config.yaml_source import Document as Source
from relu_bench.errors import ReluBenchError
from relu_bench.report import compose
from relu_bench.report.origin import yaml_of
from relu_bench.report.terms import INSIDE, STATISTICS
from relu_bench.store import columns


def test_the_answer_comes_as_compare_gives_it(tmp_path: Path) -> None:
    document = document_of(store_of(tmp_path, pairs_of()))

    (only,) = document.comparisons
    assert document.title == "variants"
    assert document.facts == (
        "variants: 6 runs, 2 values of activation × 3 seeds; mnist, mlp(hidden=[128, 64])",
    )
    assert only.heading == "variants: test accuracy (%) by activation"
    assert only.words[0] == "Better than relu: tanh (+1.10\u00a0points)."
    assert only.table.texts[0] == ["tanh", "3/3", "96.20", "+1.10", "+0.85 to +1.35", "better"]
    assert only.table.marks == ()
    (whole,) = only.whole
    scores, differences, _ = whole.tables
    assert scores.rows[0][:5] == ("tanh", "3", "3/3", "96.20", "0.20")
    assert scores.marks == ("best", "")
    assert (differences.caption, differences.rows[0][1]) == ("Minus relu, in points", "+1.10")
    assert whole.methods.startswith("We compared the activation (tanh and relu)")


def test_seeds_are_counted_for_each_setting(tmp_path: Path) -> None:
    rows = pairs_of() + pairs_of(seeds=2, learning_rate=0.1)

    (fact,) = document_of(store_of(tmp_path, rows)).facts
    assert "2 values of activation × 2 values of learning rate × 2 to 3 seeds;" in fact
    (fact,) = document_of(store_of(tmp_path / "one", pairs_of(["relu"]))).facts
    assert fact.startswith("variants: 3 runs, 3 seeds;")


def test_what_is_asked_reaches_the_answer_and_the_commands(tmp_path: Path) -> None:
    asked = {"by": ("activation",), "baseline": "tanh", "metric": "val_accuracy", "margin": 2.0}
    document = document_of(store_of(tmp_path / "a b", pairs_of()), **asked)

    (whole,) = document.comparisons[0].whole
    assert "by validation accuracy" in whole.words[0]
    assert whole.tables[1].caption == "Minus tanh, in points"
    lines = [command.line for command in document.commands]
    folder = f"'{tmp_path / 'a b'}'"
    question = "--by activation --baseline tanh --metric val_accuracy --margin 2"
    assert lines == [
        f"relu-bench run variants.yaml --out {folder}",
        f"relu-bench compare {folder} {question} --details --methods",
        f"relu-bench plot {folder} --kind all",
        f"relu-bench report {folder} {question}",
    ]


def test_conditions_stand_in_the_document(tmp_path: Path) -> None:
    rows = [*pairs_of(), *pairs_of(learning_rate=0.1)]
    document = document_of(store_of(tmp_path, rows), ["learning_rate=0.1"])

    assert document.where == ("learning_rate=0.1",)
    assert document.commands[-1].line.endswith("--where learning_rate=0.1")
    assert document.facts[0].startswith("variants: 6 runs, 2 values of activation")
    # The folder's progress is that of all runs.
    assert document.outcome_tables[0].texts == [["variants", "12", "12", "0", "0", "0"]]


def test_several_stores_report_together(tmp_path: Path) -> None:
    from relu_bench import compare

    folders = [
        store_of(tmp_path / name, pairs_of((name,), experiment=name)) for name in ("relu", "tanh")
    ]
    document = compose(compare.load(folders))

    assert document.title == "relu, tanh"
    assert [each.file for each in document.configs] == ["relu.yaml", "tanh.yaml"]
    assert document.commands[0].line == "relu-bench run relu.yaml tanh.yaml --out results"
    assert document.commands[-1].line.endswith("--out report.html")
    assert any("are taken together" in notice for notice in document.notices)


def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    folder = store_of(tmp_path, pairs_of(("relu",)))

    document = document_of(folder)

    (only,) = document.comparisons
    assert only.words[0].startswith("The only variant, relu, reaches 95.10\u00a0%, the mean of 3")
    assert document.notices[-1].startswith("Nothing varies in these runs")
    assert len(document.scores) == 1
    with pytest.raises(ReluBenchError, match="has one value only"):
        document_of(folder, by=("activation",))


def test_only_failed_runs_leave_no_figure(tmp_path: Path) -> None:
    document = document_of(store_of(tmp_path, [failed(seed=0), failed(activation="tanh")]))

    assert document.comparisons == document.scores == document.inside_figures == ()
    assert document.notices[-1].startswith("Every run failed")
    assert document.outcome_tables[-1].caption == "Failed runs"


def test_a_wrong_baseline_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReluBenchError, match="is no value of activation"):
        document_of(store_of(tmp_path, pairs_of()), baseline="gelu")


def test_the_inside_of_the_networks(tmp_path: Path) -> None:
    (inside,) = document_of(store_of(tmp_path, pairs_of())).inside

    assert inside.table is not None
    assert [head.text for head in inside.table.heads] == [
        "activation", "runs", "dead before (%)", "dead after (%)", "fell silent", "came back",
        "zeros after (%)",
    ]  # fmt: skip
    assert inside.table.texts == [
        ["relu", "3", "0.00", "3.00", "16.0", "8.0", "50.00"],
        ["tanh", "3", "0.00", "3.00", "16.0", "8.0", "50.00"],
    ]
    assert inside.words == (
        "2 of 2 settings have dead units after training; most of all relu, with 3.00\u00a0% of "
        "its hidden units (0.00\u00a0% before).",
    )


def test_gradients_that_fade_are_told(tmp_path: Path) -> None:
    rows = [
        run(activation=name, seed=seed, initial_gradient_ratio=ratio)
        for name, ratio in (("relu", 0.5), ("sigmoid", 1e-6))
        for seed in (0, 1)
    ]
    (inside,) = document_of(store_of(tmp_path, rows)).inside

    assert inside.words[-1] == (
        "Before training the gradient that reaches the first hidden layer is between 1e-06 "
        "(sigmoid) and 0.5 (relu) times that of the last."
    )


def test_models_have_tables_of_their_own_in_natural_order(tmp_path: Path) -> None:
    rows = [row for depth in (10, 3) for row in pairs_of(model=f"mlp(depth={depth}, width=8)")]
    document = document_of(store_of(tmp_path, rows))

    assert [each.subject.split(", ", 2)[2] for each in document.inside] == [
        "mlp(depth=3, width=8)",
        "mlp(depth=10, width=8)",
    ]


def test_a_store_without_probes(tmp_path: Path) -> None:
    document = document_of(store_of(tmp_path, pairs_of(probes=False), probed=False))

    assert [each.words for each in document.inside] == [("No run has measurements of its layers.",)]
    assert document.inside_figures == ()
    assert document.not_drawn == (
        "variants: 6 runs were stored without probes: there are no figures of layers",
    )


def test_failures_and_diverged_runs(tmp_path: Path) -> None:
    document = document_of(store_of(tmp_path, with_failures()))

    assert document.outcome_words[0] == (
        "Of 9 runs 6 learned, 1 ended at chance, 1 diverged, and 1 failed."
    )
    assert (
        "A run at chance is not better than the constant guess (always the commonest class, or the "
        "mean rating), by a one-sided test at 1\u00a0%. It counts with its own score."
    ) in document.outcome_words
    progress, lost, broken = document.outcome_tables
    assert progress.texts == [["variants", "9", "8", "1", "1", "0"]]
    assert lost.texts == [
        ["tanh", "variants", "1", "0", "4", "3"],
        ["relu", "variants", "0", "1", "4", ""],
    ]
    assert [row[1:] for row in broken.rows] == [("variants", "relu", "4", "memory ran out")]


def test_no_word_takes_samples_for_images() -> None:
    assert not [term.word for term in (*STATISTICS, *INSIDE) if "image" in term.meaning]
    measured = (*columns.RUNS, *columns.EPOCHS, *columns.LAYERS)
    assert not [column.name for column in measured if "image" in column.meaning]


def test_all_well_is_one_sentence(tmp_path: Path) -> None:
    document = document_of(store_of(tmp_path, pairs_of()))

    assert document.outcome_words == ("Every run completed and learned (6 of 6).",)
    assert len(document.outcome_tables) == 1


def test_the_config_can_be_run_again(tmp_path: Path) -> None:
    asked = {
        "experiment": "mixed",
        "learning_rate": [0.001],
        "cases": [
            {"activation": ["selu"], "initializer": ["lecun_normal"]},
            {"activation": ["prelu(initial=0.25)"], "initializer": ["he_normal", "zeros"]},
        ],
        "seeds": [0, 1, 2],
    }
    given = from_document(Source("a", "", asked, {}), default_name="a")

    text = yaml_of(given.resolved())

    read = from_document(Source("b", "", yaml.safe_load(text), {}), default_name="b")
    assert read == given
    assert text.startswith("experiment: mixed\nlearning_rate: 0.001\ncases:\n")
    assert text.endswith("seeds: 3")


def test_the_plans_of_other_runs_are_left_out(tmp_path: Path) -> None:
    store_of(tmp_path, pairs_of(("elu", "selu"), experiment="other"))
    document = document_of(store_of(tmp_path, pairs_of()))

    assert [(each.file, each.runs, each.stored) for each in document.configs] == [
        ("variants.yaml", 6, 6)
    ]


def test_environments_are_listed_apart(tmp_path: Path) -> None:
    rows = [*pairs_of(), *pairs_of(learning_rate=0.1, host="cluster", git_commit=None)]
    table = document_of(store_of(tmp_path, rows)).environments

    assert [head.text for head in table.heads[:4]] == [
        "processor",
        "host",
        "relu-bench",
        "TensorFlow",
    ]
    assert [(row[1], row[5], row[7], row[8]) for row in table.texts] == [
        ("cluster", "", "6", "2026-01-01 00:00"),
        ("laptop", "abc", "6", "2026-01-01 00:00"),
    ]


def test_figures_say_in_words_what_they_show(tmp_path: Path) -> None:
    document = document_of(store_of(tmp_path, pairs_of()))

    scores, times = document.scores
    assert scores.alternative == (
        "Figure: learning curves and test scores. Experiment variants, 6 runs. It shows "
        "activation relu; tanh. Mean test accuracy after training: lowest 95.10\u00a0% (relu), "
        "highest 96.20\u00a0% (tanh)."
    )
    assert times.alternative.endswith(
        "Target: validation accuracy of 95.04\u00a0%. Median epochs to it: fastest tanh, epoch 3; "
        "slowest relu, never: 3 of 3."
    )
    (dead,) = document.inside_figures
    assert dead.alternative.endswith(
        "After training, the share of units with the derivative 0 on every sample of the probe "
        "set, mean over layers: lowest 0.06 (relu), highest 0.06 (relu)."
    )


def test_the_same_store_gives_the_same_document(tmp_path: Path) -> None:
    folder = store_of(tmp_path, pairs_of())

    assert document_of(folder).scores == document_of(folder).scores


def test_what_has_been_read_of_a_store_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relu_bench import compare
    from relu_bench.store import status

    folder = store_of(tmp_path, [*pairs_of(), failed(seed=7, activation="elu")])
    loaded = compare.load([folder], ["activation=relu"])
    expected = document_of(folder, ["activation=relu"]).outcome_tables[0]
    monkeypatch.setattr(status, "scan", lambda *_: pytest.fail("read again"))

    assert compose(loaded).outcome_tables[0] == expected
    assert expected.rows == (("variants", 7, 6, 0, 1, 0),)


@pytest.mark.parametrize(("asked", "first"), [({}, "figures"), ({"margin": 1.0}, "answers")])
def test_figures_begin_before_the_answers_unless_something_asked_for_may_be_refused(
    asked: dict[str, float], first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from relu_bench.report import document

    order: list[str] = []
    for name, what in (("answered", "answers"), ("drawings", "figures")):
        function = getattr(document, name)

        def called(*arguments: Any, _function: Any = function, _what: str = what) -> Any:
            order.append(_what)
            return _function(*arguments)

        monkeypatch.setattr(document, name, called)

    document_of(store_of(tmp_path, pairs_of()), **asked)

    assert order[0] == first
    assert sorted(order) == ["answers", "figures"]
