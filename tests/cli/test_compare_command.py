"""`relu-bench compare`, on the results that are shipped."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from expecting import Invoke
from reference_variants import SHIPPED, reference_variants

from relu_bench import compare
from relu_bench.store.plans import KeptPlan, keep

REFERENCE = str(reference_variants())


def test_the_table_stands_on_stdout(invoke: Invoke) -> None:
    ended = invoke("compare", REFERENCE)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("variants: test accuracy (%) by activation\nmnist; ")
    assert re.search(r"^activation +learned +mean +difference", ended.out, re.MULTILINE)
    assert "Minus relu, in points" in invoke("compare", REFERENCE, "--details").out
    assert "We compared" not in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    assert invoke("compare", REFERENCE) == ended


def test_methods_stand_below_the_table(invoke: Invoke) -> None:
    assert "We compared the activation" in invoke("compare", REFERENCE, "--methods").out
    ended = invoke("compare", REFERENCE, "--methods", "--format", "csv")
    assert ended.err.startswith("We compared the activation")
    assert "We compared" not in ended.out


@pytest.mark.parametrize(
    ("form", "begins"),
    [("markdown", "## variants: "), ("latex", "% Needs \\usepackage{booktabs}.\n\\begin{table}")],
)
def test_formats_for_papers(invoke: Invoke, form: str, begins: str) -> None:
    ended = invoke("compare", REFERENCE, "--format", form)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(begins)
    wide = invoke("compare", REFERENCE, "--format", form, "--wide")
    assert "seed 9" in wide.out
    assert "verdict" not in wide.out


def test_formats_for_programs(invoke: Invoke) -> None:
    table = pd.read_csv(io.StringIO(invoke("compare", REFERENCE, "--format", "csv").out))
    content = json.loads(invoke("compare", REFERENCE, "--format", "json").out)

    assert len(table) == 4
    assert content["comparisons"][0]["variants"][0]["variant"] == table["variant"][0]
    wide = pd.read_csv(io.StringIO(invoke("compare", REFERENCE, "--format", "csv", "--wide").out))
    assert [name for name in wide if name.startswith("seed_")] == [f"seed_{s}" for s in range(10)]
    assert "seed 9" in invoke("compare", REFERENCE, "--wide").out


def test_options_reach_the_comparison(invoke: Invoke) -> None:
    options = ("--by", "activation", "--baseline", "elu", "--metric", "val_accuracy")
    ended = invoke(
        "compare", REFERENCE, *options, "--margin", "0.5", "--where", "seed=0", "--where", "seed=1",
        "--where", "seed=2", "--mode", "tuned", "--format", "json",
    )  # fmt: skip

    (found,) = json.loads(ended.out)["comparisons"]
    assert (found["baseline"], found["metric"]) == ("elu(alpha=1.0)", "val_accuracy")
    assert (found["margin"], found["mode"]) == (0.5, "tuned")
    assert {each["n"] for each in found["variants"]} == {3}


def test_further_views_are_asked_for(invoke: Invoke) -> None:
    ended = invoke("compare", REFERENCE, "--target", "97", "--effects")

    assert "Time to a validation accuracy of 97.00" in ended.out
    assert ended.err == (
        "variants: no effects: Only activation varies in variants: effects take two axes or more.\n"
    )
    default = invoke("compare", REFERENCE, "--time-to-accuracy")
    assert "of the final one of relu" in default.out
    assert "Time to" not in invoke("compare", REFERENCE).out


def test_views_that_have_no_place_in_a_form_are_named_on_stderr(invoke: Invoke) -> None:
    views = (
        "--time-to-accuracy",
        "--effects",
        "--where",
        "experiment=tuning",
        "--by",
        "batch_norm",
    )
    for options, where in ((("--format", "csv"), "in CSV"), (("--wide",), "with --wide")):
        plain = invoke("compare", str(SHIPPED), *views[2:], *options)
        ended = invoke("compare", str(SHIPPED), *views, *options)

        assert (ended.code, ended.out) == (0, plain.out)
        said = f"not {where}, but with --format json: the time to accuracy and the effects\n"
        assert ended.err == plain.err + said


def test_what_cannot_be_compared_is_said_on_stderr(invoke: Invoke) -> None:
    assert invoke("compare", REFERENCE, "--by", "learning_rate") == (
        2,
        "",
        "relu-bench: learning_rate has one value only in these runs, so there is nothing to "
        "compare. These vary: activation. A comparison needs a second value: relu-bench run "
        "CONFIG --set activation=relu,elu.\n",
    )
    assert invoke("compare") == (
        2,
        "",
        "relu-bench: There is no folder results yet: `relu-bench run CONFIG` makes it, "
        "or name another.\n",
    )


def test_a_terminal_shows_the_best_in_bold(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR")

    lines = invoke("compare", REFERENCE, "--details").out.splitlines()
    decided = invoke("compare", REFERENCE, "--details", "--margin", "5").out.splitlines()

    assert any(line.startswith("\x1b[1m* relu") for line in decided)
    assert any(line.startswith("\x1b[3m? elu") for line in lines)
    assert not any(line.startswith("\x1b[1m*") for line in lines)


def test_comparing_imports_no_tensorflow_and_reads_runs_csv_alone(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_bytes((Path(REFERENCE) / "runs.csv").read_bytes())
    script = (
        "import sys; sys.argv = ['relu-bench', 'compare', '.']\n"
        "from relu_bench.cli import main\n"
        "main()\n"
        "assert not {'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "variants: test accuracy" in done.stdout


def test_the_reference_results_hold_what_is_said_of_them() -> None:
    (found,) = compare.answer(compare.load([Path(REFERENCE)])).comparisons

    assert found.test_samples == 10_000
    assert {each.letters for each in found.estimates} == {"a"}
    verdicts = {pair.variant: pair.verdict for pair in found.pairs}
    assert verdicts["leaky_relu(negative_slope=0.01)"] == "practically equal"
    assert set(verdicts.values()) <= {"practically equal", "undecided"}


def test_the_shipped_experiments_have_ten_seeds_each_or_those_that_decide() -> None:
    runs = compare.load([SHIPPED]).runs

    assert (runs["status"] == "completed").all()
    assert runs.groupby("experiment").size().to_dict() == {
        "family": 310, "family-resolved": 1365, "tuning": 320, "variants": 40,
    }  # fmt: skip
    assert runs.groupby("experiment")["seed"].nunique().to_dict() == {
        "family": 10, "family-resolved": 130, "tuning": 10, "variants": 10,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("experiment", "better", "worse", "equal"),
    [("family", 0, 12, 4), ("family-resolved", 2, 17, 11)],
)
def test_the_family_is_what_readme_and_guide_say_of_it(
    experiment: str, better: int, worse: int, equal: int
) -> None:
    (found,) = compare.answer(compare.load([SHIPPED], [f"experiment={experiment}"])).comparisons

    verdicts = [pair.verdict for pair in found.pairs]
    assert verdicts.count("better") == better
    assert verdicts.count("worse") == worse
    assert verdicts.count("practically equal") == equal


def named_store(folder: Path) -> Path:
    """The shipped variants' runs, asked for with display names."""
    store = folder / "named"
    shutil.copytree(REFERENCE, store)
    names = {"relu": "ReLU_1 & $2$", "elu(alpha=1.0)": "E|LU*"}
    runs = pd.read_csv(store / "runs.csv", usecols=["experiment", "run_id"])
    for experiment, run_ids in runs.groupby("experiment")["run_id"]:
        keep(store, KeptPlan(str(experiment), {"labels": names}, tuple(run_ids)))
    return store


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("table", ("ReLU_1 & $2$", "E|LU*")),
        ("markdown", (r"ReLU\_1 \& \$2\$", r"E\|LU\*")),
        ("latex", (r"ReLU\_1 \& \$2\$", r"E\textbar{}LU*")),
    ],
)
def test_tables_for_people_have_display_names(
    invoke: Invoke, tmp_path: Path, form: str, shown: tuple[str, ...]
) -> None:
    ended = invoke("compare", str(named_store(tmp_path)), "--format", form, "--baseline", "relu")

    assert ended.code == 0
    assert all(name in ended.out for name in shown)
    assert "elu(alpha" not in ended.out


def test_tables_for_programs_keep_the_labels(invoke: Invoke, tmp_path: Path) -> None:
    store = str(named_store(tmp_path))
    for form in ("csv", "json"):
        named, plain = (invoke("compare", each, "--format", form) for each in (store, REFERENCE))
        assert named == plain
