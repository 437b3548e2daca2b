import csv
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from comparing import answers_of, compared, noisy, variants
from fake_results import failed, results, run
from markdown_it import MarkdownIt

from relu_bench.compare import (
    answer,
    in_words,
    methods_paragraph,
    to_csv,
    to_json,
    to_latex,
    to_markdown,
    to_text,
)
from relu_bench.compare.measures import sample_size, sampling_error

LONG = "leaky_relu(negative_slope=0.01)"
ROWS = noisy(["relu", LONG, "elu(alpha=1.0)"], 10, 0.0007)
HOSTILE = r"a_b%c&d#e$f{g}h~i^j\k|l<m>*n*`o`"


def text_of(rows: list[dict[str, object]], **options: object) -> str:
    return to_text(answers_of(rows), **options)  # type: ignore[arg-type]


def test_the_whole_text() -> None:
    rows = variants({"relu": [0.971, 0.973, 0.972, 0.974], "elu": [0.975, 0.978, 0.975, 0.977]})

    assert text_of(rows, details=True).replace("\u00a0", " ") == (
        "variants: test accuracy (%) by activation\n"
        "mnist; mlp(hidden=[128, 64])\n"
        "\n"
        "On mnist with mlp(hidden=[128, 64]), by test accuracy, better than relu: elu\n"
        "  (+0.38 points).\n"
        "\n"
        "Scores\n"
        "  activation n learned  mean   sd 95 % interval median   IQM\n"
        "* elu        4     4/4 97.63 0.15   97.39–97.86  97.60 97.60\n"
        "  relu       4     4/4 97.25 0.13   97.04–97.46  97.25 97.25\n"
        "\n"
        "Minus relu, in points\n"
        "  activation difference  95 % interval ×errors     p verdict\n"
        "* elu             +0.38 +0.22 to +0.53    0.86 0.004  better\n"
        "\n"
        "How sure: pairs with relu\n"
        "  activation n    r  90 % interval sign-flip p P(better)\n"
        "* elu        4 0.77 +0.26 to +0.49       0.125      1.00\n"
        "\n"
        "Best: elu, 97.63 %, told apart from all others.\n"
        "The noise is of training, with one split of the data, over 4 seeds, on this\n"
        "  fixed test set of 10,000 images, whose sampling error is about ±0.3 points.\n"
        "The sign-flip test cannot decide with 4 seeds: its smallest p, by Holm over 1\n"
        "  comparison, is 0.12; 6 would do.\n"
        "\n"
        "* the best, or practically equal to it (all pairs, Holm).\n"
        "Letters for what cannot be told apart come from 10 seeds on.\n"
        "n: seeds. Mean, sd (n - 1), t interval and IQM (interquartile mean) are over the\n"
        "  seeds.\n"
        "×errors: mean error by that of the baseline. p: paired t test over the seeds;\n"
        "  sign-flip p beside it; both by Holm over 1 comparison. r: correlation of\n"
        "  paired runs. P(better): share of seeds won. seeds: to find a true difference\n"
        "  of 0.1 points with 80 % power; if equal: to show a true difference of 0 to be\n"
        "  within the margin; both of undecided pairs, and 95 % ranges for normal\n"
        "  differences only.\n"
        "'Practically equal' rests on the 90 % interval. It, and better or worse, are\n"
        "  each wrong in at most 5 % of cases."
    )


def test_the_short_answer_of_a_grid_is_the_tuned_one_first() -> None:
    """The store on which the average says the opposite of most settings, and of the best ones."""
    luck = np.random.default_rng(7)
    rows = []
    for rate, gain, noise in ((0.1, 0.3, 0.03), (0.01, -0.004, 0.001), (0.001, -0.006, 0.001)):
        for norm in (False, True):
            for seed in range(10):
                score = (0.6 if rate == 0.1 else 0.97) + norm * gain + luck.normal(0, noise)
                rows.append(
                    run(batch_norm=norm, learning_rate=rate, seed=seed, test=score, val=score)
                )

    text = to_text(answer(results(rows), ["batch_norm"])).replace("\u00a0", " ")

    assert text == (
        "variants: test accuracy (%) by batch_norm\n"
        "mnist; mlp(hidden=[128, 64]); each at its best setting of learning_rate (3 in\n"
        "  all)\n"
        "\n"
        "Each at its best setting, worse than batch norm false: true (-0.45 points).\n"
        "All 20 runs at the chosen settings learned.\n"
        "The noise is of training, with one split of the data, over 10 seeds, on this\n"
        "  fixed test set of 10,000 images, whose sampling error is about ±0.33 points.\n"
        "\n"
        "batch_norm learned  mean difference  95 % interval  verdict\n"
        "false        10/10 97.01                           baseline\n"
        "true         10/10 96.57      -0.45 -0.51 to -0.38    worse\n"
        "\n"
        "Averaged over 3 settings of learning_rate, better than batch norm false: true\n"
        "  (+9.45 points). The other way round: true at learning_rate=0.001 (-0.59),\n"
        "  learning_rate=0.01 (-0.37). Most of the variance of such an average is that of\n"
        "  one value: learning_rate=0.1 (100 %).\n"
        "What matters most, by its share of the variation of the log error: learning_rate\n"
        "  83 %, learning_rate × batch_norm 13 %, batch_norm 3 %.\n"
        "\n"
        "--details adds sd, medians, sign-flip, r, P(better), seeds, letters, the legend."
    )


def test_every_question_has_its_verdicts_though_they_be_alike() -> None:
    rows = noisy(["relu", "elu"], 3) + noisy(["relu", "elu"], 3, dataset="digits")

    text = text_of(rows)

    assert text.count("None is shown to be better or worse than relu; undecided: elu.") == 2
    assert text.count("All 6 runs learned.") == 1


@pytest.mark.parametrize("count", [4, 31])
def test_the_short_answer_is_short(count: int) -> None:
    """One screen of 24 lines for four variants, two for 31."""
    names = [f"variant {place} of thirty-one" for place in range(count)]

    lines = text_of(noisy(names, 10, 0.0003)).split("\n")

    assert len(lines) <= (24 if count == 4 else 48)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("count", [2, 20])
def test_lines_fit_into_80_columns(count: int) -> None:
    names = [LONG, "relu", "variance_scaled(distribution=untruncated, mode=fan_in)"]
    rows = noisy([f"{names[0][:-1]}{place})" for place in range(count)], 20, 0.0001)
    rows += noisy(names, 20)

    for options in ({}, {"in_columns": True}, {"methods": True}, {"details": True}):
        lines = text_of(rows, **options).split("\n")
        assert max(len(line) for line in lines) <= 80


def test_the_best_and_the_undecided_are_marked() -> None:
    rows = noisy(["relu", "elu", "tanh"], 10)
    rows += noisy(["sigmoid"], 10, experiment="variants")
    rows[-10:] = [{**row, "test_accuracy": 0.5 + 0.001 * row["seed"]} for row in rows[-10:]]

    answers = answers_of(rows, margin=0.5)
    scores = to_text(answers, details=True).split("\n\n")[2].split("\n")[2:]
    styled = to_text(answers, details=True, styled=True)

    assert {line[2:].split()[0]: line[0] for line in scores} == {
        "relu": "*",
        "elu": "*",
        "tanh": "*",
        "sigmoid": " ",
    }
    assert re.search("\x1b\\[1m\\* relu ", styled)
    assert re.search("^  sigmoid ", styled, re.MULTILINE)


def test_the_verdicts_in_words_name_every_variant_once() -> None:
    names = ["relu", "mish", "tanh", "sigmoid"]
    found = compared([*noisy(names, 10, 0.0008), failed(activation="softplus")])

    first = in_words(found)[0]

    assert [first.count(pair.variant) for pair in found.pairs] == [1] * 4
    assert "not compared: softplus" in first


def test_words_for_one_seed_and_for_splits_drawn_anew() -> None:
    one = " ".join(in_words(compared(variants({"relu": [0.97], "elu": [0.98]}))))
    assert "none is shown to be better or worse than relu" in one
    assert "of which one seed shows nothing" in one
    assert "power" not in one

    drawn = in_words(compared(noisy(["relu", "elu"], 3, split_seed="seed")))
    assert any("of training and of the split" in sentence for sentence in drawn)
    on_validation = in_words(compared(noisy(["relu", "elu"], 3), metric="val_accuracy"))
    assert any(sentence.endswith("on the validation part.") for sentence in on_validation)


def test_left_out_runs_and_diverged_ones_are_in_the_text() -> None:
    rows = variants({"relu": [0.9] * 3, "elu": [0.91] * 2})
    rows += [run(activation="elu", seed=2, outcome="diverged"), failed(activation="elu", seed=3)]

    assert "Left out: elu: 1 run failed." in text_of(rows)
    assert "Did not learn: elu (1 of 3 runs, 1 diverged)." in text_of(rows)
    text = text_of(rows, details=True)

    assert "Left out: elu: 1 run failed." in text
    assert "Diverged, counted as the constant guess: elu (1 of 3)." in text


def test_what_columns_are_is_said_once() -> None:
    rows = noisy(["relu", "elu"], 3) + noisy(["relu", "elu"], 3, dataset="digits")

    for text in (text_of(rows, details=True), to_markdown(answers_of(rows))):
        assert text.count("n: seeds.") == 1
        assert text.count("Not told apart from the best: ") == 2
    captions = re.findall(r"caption.*", to_latex(answers_of(rows)))
    assert len(set(captions)) == len(captions) == 7


def test_ranks_are_in_every_document() -> None:
    rows = [
        row
        for dataset in ("mnist", "digits")
        for row in noisy(["relu", "elu", "tanh"], 3, 0.01, dataset=dataset)
    ]
    answers = answers_of(rows)

    text = to_text(answers, details=True)
    assert "Ranks over 2 data sets (mnist, digits), mlp(hidden=[128, 64])" in text
    assert "2 data sets are few" in text
    assert "mean rank" in to_markdown(answers)
    assert "mean rank" in to_latex(answers)
    assert [each["rank"] for each in json.loads(to_json(answers))["ranks"][0]["variants"]] == [
        1,
        2,
        3,
    ]


def test_a_notice_on_letters_that_pdflatex_does_not_set_stands_above_the_tables() -> None:
    needs, notice, *lines = to_latex(answers_of(noisy(["激活", "relu"], 3))).splitlines()

    assert needs == r"% Needs \usepackage{booktabs}."
    assert notice == "% compile with XeLaTeX or LuaLaTeX: pdfLaTeX does not set 活 激"
    assert not any(line.startswith("%") for line in lines)


def test_csv_reads_back() -> None:
    rows = noisy(["relu", LONG], 20)
    found = compared(rows)

    table = pd.read_csv(io.StringIO(to_csv([found])))

    assert table["variant"].tolist() == [each.variant for each in found.estimates]
    assert table["mean"].tolist() == pytest.approx([each.mean for each in found.estimates])
    other = table[table["variant"] == LONG].iloc[0]
    assert other["p_holm"] == pytest.approx(found.pairs[0].p_holm)
    assert other["difference_low"] == pytest.approx(found.pairs[0].low)
    assert other["verdict"] == found.pairs[0].verdict
    assert table[table["variant"] == "relu"]["difference"].isna().all()
    assert set(table["unit"]) == {"%"}


def test_wide_csv_has_one_column_a_seed() -> None:
    rows = [*variants({"relu": [0.97, 0.98], "elu": [0.96, 0.99]}), run(activation="relu", seed=7)]

    table = pd.read_csv(io.StringIO(to_csv([compared(rows)], wide=True)))

    relu = table[table["variant"] == "relu"].iloc[0]
    assert [relu[f"seed_{seed}"] for seed in (0, 1, 7)] == [97.0, 98.0, 97.0]
    assert np.isnan(table[table["variant"] == "elu"].iloc[0]["seed_7"])


def test_several_tables_are_one_csv() -> None:
    rows = noisy(["relu", "elu"], 3) + noisy(["relu", "elu"], 2, dataset="digits")

    read = list(csv.DictReader(io.StringIO(to_csv(answers_of(rows).comparisons))))

    assert [(row["dataset"], row["n"]) for row in read] == [
        ("mnist", "3"),
        ("mnist", "3"),
        ("digits", "2"),
        ("digits", "2"),
    ]


def test_json_has_no_nan() -> None:
    answers = answers_of(variants({"relu": [0.97], "elu": [0.98]}))

    content = json.loads(to_json(answers, methods=True), parse_constant=pytest.fail)

    (table,) = content["comparisons"]
    assert table["baseline"] == "relu"
    assert table["variants"][0]["sd"] is None
    assert table["variants"][0]["difference"] == pytest.approx(1.0)
    assert "baseline" not in table["variants"][0]
    assert table["methods"].startswith("We compared")


class Cells(HTMLParser):
    """The texts of all cells of all tables."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def test_markdown_renders_with_every_name_as_it_is() -> None:
    answers = answers_of(noisy(["relu", LONG, HOSTILE], 10))

    html = MarkdownIt("commonmark").enable("table").render(to_markdown(answers))
    cells = Cells()
    cells.feed(html)

    assert html.count("<table>") == 3
    names = {row[0] for row in cells.rows}
    assert {"relu", LONG, HOSTILE} <= names
    assert {len(row) for row in cells.rows} == {6, 8, 9}
    assert "<strong>" in html


def test_latex_is_booktabs_and_escapes_every_name() -> None:
    text = to_latex(answers_of(noisy(["relu", LONG, HOSTILE], 10)), methods=True)

    body = re.sub(r"\\[\\_%&#${}]|\\[a-zA-Z]+", "", text.split("\n", 1)[1])
    assert not re.search(r"[#^_%]", body)
    assert text.isascii()
    for rule in ("toprule", "midrule", "bottomrule"):
        assert text.count(f"\\{rule}") == 3
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 3
    for block in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        for line in block[1].split("\n"):
            if line.endswith(r"\\"):
                assert len(re.findall(r"(?<!\\)&", line)) == len(block[0]) - 1
    assert r"\textit{relu}" in text


def test_the_methods_name_tests_seeds_versions_and_hardware() -> None:
    text = methods_paragraph(compared(noisy(["relu", "elu"], 16)))

    for said in (
        "32 runs with 16 seeds (0 to 15)",
        "paired t tests",
        "100,000 random flips",
        "Holm",
        "TensorFlow 2.18.0 and Keras 3.6.0 on a processor",
        "SciPy",
        "learning rate 0.001",
    ):
        assert said in text


def test_the_methods_of_tuned_and_matched_differ() -> None:
    rows = [row for rate in (0.1, 0.01) for row in noisy(["relu", "elu"], 4, learning_rate=rate)]

    matched = methods_paragraph(compared(rows, "activation"))
    tuned = methods_paragraph(compared(rows, "activation", mode="tuned"))

    assert "at the same learning rate and the same seed" in matched
    assert "Each variant was tuned over learning rate" in tuned
    assert "learning rate 0" not in tuned


def test_the_size_of_the_test_set_is_the_common_denominator() -> None:
    assert sample_size(pd.Series([0.9784, 0.97, 0.9785, 0.97])) == 10_000
    assert sample_size(pd.Series([297 / 360, 298 / 360, 299 / 360])) == 360
    assert sample_size(pd.Series([1.0])) is None
    assert sample_size(pd.Series([0.12345678912])) is None
    assert 100 * sampling_error(0.9767, 10_000) == pytest.approx(0.2957, abs=1e-4)
