"""Every number of docs/guide.md, computed from the stores of its six experiments.

    python docs/guide_numbers.py results

prints one Markdown table for each section. Differences, intervals, p-values and verdicts are those
of `relu-bench compare`: paired by seed, 95 % t intervals, Holm over the comparisons of one table; a
diverged run counts as the constant guess.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from relu_bench import compare, stats
from relu_bench.compare.layers import fates, generalization, run_kernels
from relu_bench.compare.time_to_accuracy import Arrivals, arrivals
from relu_bench.wording import rounded

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def dying_relu(runs: DataFrame, results: compare.Selection) -> Iterator[str]:
    """Who dies, who recovers, and what it costs beside leaky ReLU."""
    by = ["learning_rate", "initializer", "bias_initializer", "activation"]
    units = fates(runs, results.layers, by)
    yield header(
        "learning rate",
        "initializer",
        "bias",
        "activation",
        "born dead",
        "dead after",
        "fell silent",
        "came back",
        "test accuracy",
        "minus leaky ReLU",
        "learned",
    )
    leaky = "leaky_relu(negative_slope=0.01)"
    for group, own in in_groups(runs, by):
        fate = units[units["run_id"].isin(own["run_id"])]
        other = matching(runs, by[:3], group[:3])
        verdict = against(results, other, ["activation"], [leaky])
        yield row(
            *group,
            share(fate["dead_before"].mean()),
            share(fate["dead_after"].mean()),
            f"{fate['died'].mean():.1f}",
            f"{fate['revived'].mean():.1f}",
            accuracy(own),
            verdict(group[3:]),
            learned(own),
        )


def vanishing_gradient(runs: DataFrame, results: compare.Selection) -> Iterator[str]:
    """First-to-last gradient ratio at initialization, and accuracy, by depth."""
    by = ["model", "activation", "initializer"]
    yield header(
        "model",
        "activation",
        "initializer",
        "gradient ratio",
        "test accuracy",
        "minus relu, he_normal",
        "dead after",
        "learned",
    )
    for group, own in in_groups(runs, by):
        deep = matching(runs, by[:1], group[:1])
        verdict = against(results, deep, by[1:], ["relu", "he_normal"])
        ratio = f"{own['initial_gradient_ratio'].median():.2g}"
        dead = share(own["final_dead_fraction"].mean())
        yield row(*group, ratio, accuracy(own), verdict(group[1:]), dead, learned(own))


def sparsity(runs: DataFrame, results: compare.Selection) -> Iterator[str]:
    """Active shares beside the gap of runs that learned, and the test accuracy."""
    by = ["activation", "bias_initializer"]
    shares = generalization(runs, results.layers, ["seed", *by])
    of_learned = shares[shares["outcome"] == "learned"]
    plain = matching(runs, by, ("relu", "zeros"))
    verdict = against(results, runs, by, ("relu", "zeros"))
    yield header(
        "activation",
        "bias",
        "active before",
        "active after",
        "gap",
        "gap less ReLU's",
        "test accuracy",
        "minus ReLU",
        "learned",
    )
    for group, own in in_groups(runs, by):
        active = shares[shares["run_id"].isin(own["run_id"])]
        gaps = [
            of_learned[of_learned["run_id"].isin(part["run_id"])].set_index("seed")["gap"]
            for part in (own, plain)
        ]
        yield row(
            *group,
            share(active["active_before"].mean()),
            share(active["active_after"].mean()),
            points(gaps[0]) if len(gaps[0]) else "–",
            paired(*gaps),
            accuracy(own),
            verdict(group),
            learned(own),
        )


def zero_centred(runs: DataFrame, results: compare.Selection) -> Iterator[str]:
    """Signs, updates and epochs to the target, by learning rate."""
    by = ["learning_rate", "activation"]
    kernels = run_kernels(runs, results.layers, by)
    reached = arriving(runs, results, "learning_rate", baseline="sigmoid")
    yield target(reached)
    yield header(
        "learning rate",
        "activation",
        "same sign, layer 2",
        "output layer",
        "layer 2, after",
        "cosine",
        "median epoch",
        "reached",
        "test accuracy",
        "minus tanh",
        "learned",
    )
    for group, own in in_groups(runs, by):
        those = kernels[kernels["run_id"].isin(own["run_id"])]
        start, end = (
            those[chosen].groupby("layer")["same_sign_fraction"].mean()
            for chosen in (those["epoch"] == 0, those["last"])
        )
        verdict = against(results, matching(runs, by[:1], group[:1]), by[1:], ["tanh"])
        epochs = reached.runs.loc[reached.runs["run_id"].isin(own["run_id"]), "epoch"]
        yield row(
            *group,
            share(start["dense_2"]),
            share(start["output"]),
            share(end["dense_2"]),
            f"{those['update_cosine'].mean():.2f}",
            *arrival(epochs),
            accuracy(own),
            verdict(group[1:]),
            learned(own),
        )
    yield "\nEach at the learning rate with the best mean validation accuracy:\n"
    yield header("activation", "learning rate", "test accuracy")
    for group, own in in_groups(runs, ["activation"]):
        best = at_best_rate(own)
        yield row(*group, f"{best['learning_rate'].iloc[0]:g}", accuracy(best))
    yield "\nEach at its own best learning rate, as `relu-bench compare --mode tuned` chooses it:\n"
    answers = compare.answer(
        replace(results, runs=runs), ["activation"], baseline="tanh", mode="tuned"
    )
    yield header("activation", "test accuracy", "minus tanh", "p", "verdict")
    (found,) = answers.comparisons
    means = {each.variant: each.mean for each in found.estimates}
    for pair in found.pairs:
        yield row(
            pair.variant,
            rounded(means[pair.variant], 2),
            f"{pair.difference:+.2f} [{pair.low:.2f}, {pair.high:.2f}]",
            p_value(pair.p_holm),
            pair.verdict,
        )


def at_best_rate(runs: DataFrame) -> DataFrame:
    """The runs at the learning rate with the best mean validation accuracy."""
    means = compare.score(runs, "val").groupby(runs["learning_rate"]).mean()
    return runs[runs["learning_rate"] == means.idxmax()]


def output_layer(runs: DataFrame, results: compare.Selection) -> Iterator[str]:
    """What an activation in front of the softmax costs, beside none."""
    verdict = against(results, runs, ["output_activation"], ["identity"])
    yield header(
        "in front of the softmax",
        "test accuracy",
        "minus none",
        "worst run",
        "below 95 %",
        "test loss",
        "dead after",
    )
    for group, own in in_groups(runs, ["output_activation"]):
        scores = compare.score(own, "test")
        below = ", ".join(share(score) for score in sorted(scores[scores < 0.95]))
        yield row(
            *group,
            accuracy(own),
            verdict(group),
            share(scores.min()),
            below or "–",
            f"{own['test_loss'].mean():.3f}",
            share(own["final_dead_fraction"].mean()),
        )


def family(runs: DataFrame, results: compare.Selection) -> Iterator[str]:
    """Every activation, the best first, beside ReLU."""
    plain = matching(runs, ["activation"], ["relu"])
    verdict = against(results, runs, ["activation"], ["relu"])
    groups = sorted(
        in_groups(runs, ["activation"]),
        key=lambda entry: -float(compare.score(entry[1], "test").mean()),
    )
    reached = arriving(runs, results, "experiment", baseline="relu")
    yield target(reached)
    yield header(
        "activation",
        "test accuracy",
        "minus ReLU",
        "dead after",
        "median epoch",
        "reached",
        "learned",
    )
    for group, own in groups:
        dead = share(own["final_dead_fraction"].mean())
        epochs = reached.runs.loc[reached.runs["run_id"].isin(own["run_id"]), "epoch"]
        yield row(
            *group,
            accuracy(own),
            verdict(group),
            dead,
            *arrival(epochs),
            learned(own),
        )
    results_of = [name for name in runs.columns if name.endswith(("_loss", "_accuracy"))]
    for name in ("relu_lambda", "relu_custom_gradient"):
        other = matching(runs, ["activation"], [name]).set_index("seed")[results_of]
        same = other.sort_index().equals(plain.set_index("seed")[results_of].sort_index())
        yield f"\n{name}: {'the same bits as relu' if same else 'differs from relu'}"


SECTIONS: dict[str, Callable[[DataFrame, compare.Selection], Iterator[str]]] = {
    "dying-relu": dying_relu,
    "vanishing-gradient": vanishing_gradient,
    "sparsity": sparsity,
    "zero-centred": zero_centred,
    "output-layer": output_layer,
    "family": family,
}


def in_groups(runs: DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple[str, ...], DataFrame]]:
    """The completed runs of each combination, its values as texts, in their natural order."""
    done = compare.completed(runs)
    texts = [list(compare.texts(done[name]).values()) for name in by]
    for values in itertools.product(*texts):
        own = matching(done, by, values)
        if len(own):
            yield values, own


def matching(runs: DataFrame, by: Sequence[str], values: Sequence[str]) -> DataFrame:
    """The completed runs with these values, given as texts."""
    chosen = compare.completed(runs)
    for name, value in zip(by, values, strict=True):
        chosen = chosen[compare.as_texts(chosen[name]) == value]
    return chosen


def header(*cells: str) -> str:
    """The first two rows of a Markdown table."""
    return f"{row(*cells)}\n{row(*['---'] * len(cells))}"


def row(*cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def share(value: float) -> str:
    """A fraction in percent."""
    return f"{rounded(100 * value, 2)} %"


def points(values: Series) -> str:
    """Mean and 95 % t interval of fractions, in percentage points."""
    percent = 100 * values.to_numpy()
    low, high = stats.t_interval(percent)
    mean = rounded(float(percent.mean()), 2)
    return mean if low == high else f"{mean} [{rounded(low, 2)}, {rounded(high, 2)}]"


def paired(first: Series, second: Series) -> str:
    """Mean and interval of the differences of the seeds that both have."""
    differences = (first - second).dropna()
    return points(differences) if len(differences) > 1 else "–"


def accuracy(runs: DataFrame) -> str:
    """Test accuracy: mean and interval."""
    return points(compare.score(runs, "test"))


def against(
    results: compare.Selection, runs: DataFrame, by: Sequence[str], baseline: Sequence[str]
) -> Callable[[Sequence[str]], str]:
    """What `relu-bench compare --by BY --baseline BASELINE` says of each variant of these runs.

    Returns:
        A function of a variant's values, as texts: difference in points with its 95 % t interval,
        p after Holm's correction, and the verdict; `–` for the baseline itself.
    """

    def named(values: Sequence[str]) -> str:
        """As `compare` names a variant: by its value, if that is one."""
        return values[0] if len(by) == 1 else compare.label(dict(zip(by, values, strict=True)))

    answers = compare.answer(replace(results, runs=runs), by, baseline=named(baseline))
    said: Mapping[str, str] = {
        pair.variant: f"{pair.difference:+.2f} [{pair.low:.2f}, {pair.high:.2f}], "
        f"p {p_value(pair.p_holm)}, {pair.verdict}"
        for pair in answers.comparisons[0].pairs
    }
    return lambda values: said.get(named(values), "–")


def p_value(p: float) -> str:
    """A p-value to three digits."""
    return "< 0.001" if p < 0.0005 else f"= {p:.3f}"


def arriving(runs: DataFrame, results: compare.Selection, other: str, *, baseline: str) -> Arrivals:
    """When each run reaches the target of `relu-bench compare --time-to-accuracy`.

    Args:
        runs: of one experiment.
        results: they are of.
        other: the axis that varies beside the activation, or a column of one value.
        baseline: the activation whose final score, at its best value of that axis, the target is
            made of.
    """
    done = compare.completed(runs)
    named = done.assign(
        variant=compare.as_texts(done["activation"]), cell=compare.as_texts(done[other])
    )
    return arrivals(named, results.epochs, str(done["metric"].iloc[0]), baseline)


def target(reached: Arrivals) -> str:
    """What it is, and what it is made of."""
    return f"Target: {rounded(reached.target, 2)} %, 99 % of the final one of {reached.baseline}.\n"


def arrival(epochs: Series) -> tuple[str, str]:
    """The median epoch of all runs, `never` being later than any, and how many got there."""
    median = epochs.median()
    there = (epochs < float("inf")).sum()
    return "never" if median == float("inf") else f"{median:g}", f"{there}/{len(epochs)}"


def learned(runs: DataFrame) -> str:
    """How many runs are better than the constant guess."""
    return f"{(runs['outcome'] == 'learned').sum()}/{len(runs)}"


def main(stores: Sequence[str]) -> None:
    """Write the section of every experiment that the stores hold."""
    results = compare.load([Path(store) for store in stores])
    for name, section in SECTIONS.items():
        runs = results.runs[results.runs["experiment"] == name]
        lines = section(runs, results) if len(runs) else ["no runs"]
        sys.stdout.write("\n".join([f"## {name}", "", *lines, "", ""]))


if __name__ == "__main__":
    main(sys.argv[1:] or ["results"])
