"""Every number of docs/guide.md, computed from the stores of its six experiments.

    python docs/guide_numbers.py results

prints one Markdown table for each section. Differences are paired by seed; intervals are 95 % t
intervals over the seeds (Student 1908); a diverged run counts as the constant guess.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from relu_bench import compare, stats
from relu_bench.compare.fates import fates
from relu_bench.compare.generalization import generalization
from relu_bench.compare.layers import run_kernels
from relu_bench.compare.steadiness import epochs_to_target, layers_and_scores, target

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def dying_relu(runs: DataFrame, results: compare.Results) -> Iterator[str]:
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
    for group, own in in_groups(runs, by):
        fate = units[units["run_id"].isin(own["run_id"])]
        other = matching(runs, by[:3], group[:3])
        leaky = other[other["activation"].str.startswith("leaky_relu")]
        yield row(
            *group,
            share(fate["dead_before"].mean()),
            share(fate["dead_after"].mean()),
            f"{fate['died'].mean():.1f}",
            f"{fate['revived'].mean():.1f}",
            accuracy(own),
            difference(own, leaky),
            learned(own),
        )


def vanishing_gradient(runs: DataFrame, _: compare.Results) -> Iterator[str]:
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
        he = matching(runs, by, (group[0], "relu", "he_normal"))
        ratio = f"{own['initial_gradient_ratio'].median():.2g}"
        dead = share(own["final_dead_fraction"].mean())
        yield row(*group, ratio, accuracy(own), difference(own, he), dead, learned(own))


def sparsity(runs: DataFrame, results: compare.Results) -> Iterator[str]:
    """Active shares beside the gap of runs that learned, and the test accuracy."""
    by = ["activation", "bias_initializer"]
    shares = generalization(runs, results.layers, ["seed", *by])
    of_learned = shares[shares["outcome"] == "learned"]
    plain = matching(runs, by, ("relu", "zeros"))
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
            difference(own, plain),
            learned(own),
        )


def zero_centred(runs: DataFrame, results: compare.Results) -> Iterator[str]:
    """Signs, updates and epochs to the target, by learning rate."""
    by = ["learning_rate", "activation"]
    kernels = run_kernels(runs, results.layers, by)
    wanted = target(runs, by)
    if wanted is None:
        return
    reached = epochs_to_target(runs, layers_and_scores(results), by, wanted.value)
    yield f"Target: {share(wanted.value)} on validation ({', '.join(wanted.group)}).\n"
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
        tanh = matching(runs, by, (group[0], "tanh"))
        epochs = reached.loc[reached["run_id"].isin(own["run_id"]), "epoch"]
        yield row(
            *group,
            share(start["dense_2"]),
            share(start["output"]),
            share(end["dense_2"]),
            f"{those['update_cosine'].mean():.2f}",
            *arrival(epochs),
            accuracy(own),
            difference(own, tanh),
            learned(own),
        )
    yield "\nEach at the learning rate with the best mean validation accuracy:\n"
    tanh = at_best_rate(matching(runs, ["activation"], ["tanh"]))
    yield header("activation", "learning rate", "test accuracy", "minus tanh")
    for group, own in in_groups(runs, ["activation"]):
        best = at_best_rate(own)
        rate = f"{best['learning_rate'].iloc[0]:g}"
        yield row(*group, rate, accuracy(best), difference(best, tanh))


def at_best_rate(runs: DataFrame) -> DataFrame:
    """The runs at the learning rate with the best mean validation accuracy."""
    means = compare.score(runs, "val").groupby(runs["learning_rate"]).mean()
    return runs[runs["learning_rate"] == means.idxmax()]


def output_layer(runs: DataFrame, _: compare.Results) -> Iterator[str]:
    """What an activation in front of the softmax costs, beside none."""
    none = runs[runs["output_activation"] == "identity"]
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
            difference(own, none),
            share(scores.min()),
            below or "–",
            f"{own['test_loss'].mean():.3f}",
            share(own["final_dead_fraction"].mean()),
        )


def family(runs: DataFrame, results: compare.Results) -> Iterator[str]:
    """Every activation, the best first, beside ReLU."""
    plain = matching(runs, ["activation"], ["relu"])
    groups = sorted(
        in_groups(runs, ["activation"]),
        key=lambda entry: -float(compare.score(entry[1], "test").mean()),
    )
    wanted = target(runs, ["activation"])
    if wanted is None:
        return
    reached = epochs_to_target(runs, layers_and_scores(results), ["activation"], wanted.value)
    yield f"Target: {share(wanted.value)} on validation ({', '.join(wanted.group)}).\n"
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
        epochs = reached.loc[reached["run_id"].isin(own["run_id"]), "epoch"]
        yield row(
            *group,
            accuracy(own),
            difference(own, plain),
            dead,
            *arrival(epochs),
            learned(own),
        )
    results_of = [name for name in runs.columns if name.endswith(("_loss", "_accuracy"))]
    for name in ("relu_lambda", "relu_custom_gradient"):
        other = matching(runs, ["activation"], [name]).set_index("seed")[results_of]
        same = other.sort_index().equals(plain.set_index("seed")[results_of].sort_index())
        yield f"\n{name}: {'the same bits as relu' if same else 'differs from relu'}"


SECTIONS: dict[str, Callable[[DataFrame, compare.Results], Iterator[str]]] = {
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
    return f"{100 * value:.2f} %"


def points(values: Series) -> str:
    """Mean and 95 % t interval of fractions, in percentage points."""
    low, high = stats.t_interval(values.to_numpy())
    mean = f"{100 * float(values.mean()):.2f}"
    return mean if low == high else f"{mean} [{100 * low:.2f}, {100 * high:.2f}]"


def paired(first: Series, second: Series) -> str:
    """Mean and interval of the differences of the seeds that both have."""
    differences = (first - second).dropna()
    return points(differences) if len(differences) > 1 else "–"


def accuracy(runs: DataFrame) -> str:
    """Test accuracy: mean and interval."""
    return points(compare.score(runs, "test"))


def difference(runs: DataFrame, others: DataFrame) -> str:
    """Test accuracy less that of the others at the same seeds, in points."""
    scores = [compare.score(part, "test").set_axis(part["seed"]) for part in (runs, others)]
    return paired(*scores)


def arrival(epochs: Series) -> tuple[str, str]:
    """The median epoch of all runs, `never` being later than any, and how many got there."""
    median = epochs.fillna(float("inf")).median()
    return "never" if median == float("inf") else f"{median:g}", (
        f"{epochs.notna().sum()}/{len(epochs)}"
    )


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
