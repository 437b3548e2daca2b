"""`run --until-resolved`: what is refused, with what to do instead: whole outputs."""

from pathlib import Path

import pytest
from expecting import Invoke

from relu_bench.config.experiment import load
from relu_bench.config.plan import make_plan
from relu_bench.config.until_resolved import UntilResolved
from relu_bench.store import Store

CONFIG = """
experiment: one
dataset: digits
model: mlp(hidden=[4])
activation: [relu, elu]
"""
CASES = """
dataset: digits
cases:
  - {activation: relu, initializer: [he_normal, he_uniform]}
  - {activation: elu}
"""
RULE = UntilResolved("relu", 0.5, 200, 1)
FLAG = "--until-resolved"
ONE_THING = (
    "and --until-resolved takes configs in which one thing varies beside the seed: one axis, or "
    "cases of one value each."
)
ANOTHER_RULE = (
    "the results folder has begun to resolve one with --baseline 'relu' --margin 0.5, and verdicts "
    "of the same seeds by another rule would not hold. Leave {} out, or give another --out."
)
GOES_WITH = (
    "with --until-resolved, which adds seeds until every comparison is decided; add it, or leave "
    "out the rest. (`relu-bench compare` has a --baseline and a --margin of its own.)"
)
TOO_FEW = "15 seeds are the first that can decide anything; give --max-seeds 15 or more."


@pytest.fixture(autouse=True)
def _files(invoke: Invoke) -> None:
    """Configs, and two stores that have been asked for the first, one of them to resolve it."""
    for name, text in {"c.yaml": CONFIG, "d.yaml": CONFIG, "cases.yaml": CASES}.items():
        Path(name).write_text(text)
    experiment = load(Path("c.yaml"))
    run_ids = [spec.run_id for spec in make_plan(experiment)]
    for folder, rule in (("kept", RULE), ("fixed", None)):
        store = Store(Path(folder))
        store.prepare()
        store.keep_plan("one", experiment.resolved(), run_ids, rule)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            f"c.yaml {FLAG} --set learning_rate=0.1,0.01",
            f"one: activation and learning_rate vary, {ONE_THING} Fix the others, such as "
            '--set "learning_rate=0.1", or train all and compare the best setting of each on fresh '
            "seeds with --confirm N.",
        ),
        (
            f"cases.yaml {FLAG}",
            f"cases: activation and initializer vary, {ONE_THING} Give each case one value of each "
            "field, and no axis beside the cases.",
        ),
        (
            f"c.yaml {FLAG} --set activation=relu",
            "one: nothing varies, so there is nothing to resolve. Give an axis a second value, "
            "such as --set activation=relu,elu.",
        ),
        (
            f"c.yaml {FLAG} --set dataset=digits,mnist",
            "one: --until-resolved takes one data set, and this config has 2 data sets. Fix one: "
            "--set dataset=digits.",
        ),
        (
            f"c.yaml {FLAG} --set seeds=0,1,2",
            "one, seeds: a list of seeds cannot grow, and --until-resolved adds seeds until all is "
            "decided. Leave `seeds` out, or give the number of seeds to begin with, such as "
            "--set seeds=10.",
        ),
        (f"c.yaml {FLAG} --max-seeds 14", f"--max-seeds 14: {TOO_FEW}"),
        (
            f"c.yaml {FLAG} --baseline tanh",
            "--baseline 'tanh' is no value of activation in one, digits. There are: relu, "
            "elu(alpha=1.0).",
        ),
        (
            f"c.yaml {FLAG} --margin inf",
            "--margin inf is no margin; expected a number that is not negative, such as 0.1 "
            "(points).",
        ),
        (
            f"c.yaml {FLAG} --shard 1/2",
            "--until-resolved looks at all runs to know which ones to add, and --shard knows only "
            "a part. Leave out one of the two; several processes may share one --out, and "
            "--cluster takes many machines.",
        ),
        (
            f"c.yaml d.yaml {FLAG}",
            "--until-resolved takes one config a call, and these are 2: give one after the other; "
            "they may share one --out.",
        ),
        (
            f"c.yaml {FLAG} --out kept --baseline elu --margin 0.1",
            f"--baseline 'elu(alpha=1.0)' --margin 0.1: {ANOTHER_RULE.format('them')}",
        ),
        (
            "--resume kept --baseline elu",
            f"--baseline 'elu(alpha=1.0)': {ANOTHER_RULE.format('it')}",
        ),
        ("--resume kept --margin 0.1", f"--margin 0.1: {ANOTHER_RULE.format('it')}"),
        ("--resume kept --max-seeds 3", f"--max-seeds 3: {TOO_FEW}"),
        (
            "--resume fixed --max-seeds 50",
            "fixed has no plan that --until-resolved has made, so there is nothing to go on with. "
            "Give the config: relu-bench run CONFIG --until-resolved --out fixed",
        ),
        ("c.yaml --max-seeds 50", f"--max-seeds goes {GOES_WITH}"),
        ("c.yaml --baseline relu --margin 1", f"--baseline and --margin go {GOES_WITH}"),
    ],
)
def test_what_is_refused(arguments: str, message: str, invoke: Invoke) -> None:
    assert invoke("run", *arguments.split()) == (2, "", f"relu-bench: {message}\n")
    assert not Path("results").exists()


def test_a_dry_run_shows_the_first_look(invoke: Invoke) -> None:
    ended = invoke("run", "c.yaml", FLAG, "--dry-run")
    assert ended.code == 0, ended.err
    assert (
        "  runs      20 = 2 settings × 10 seeds\n"
        "  then      more seeds until all is resolved, at most 200 seeds: at most 400 runs\n"
    ) in ended.out
