"""Selection of made-up runs in which every kind of figure has something to show."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from fake_results import Row, epochs_of, failed, layers_of, relu_like, results, rising, run

from relu_bench.compare import Selection

FEW = ("relu", "elu(alpha=1.0)", "prelu(initial=0.25)")
CROWD = (*FEW, *(f"leaky_relu(negative_slope=0.{n})" for n in range(1, 8)))
RATES = (0.001, 0.01)
MEASURES: Row = {
    "slope_mean": lambda epoch, number: 0.25 + 0.05 * epoch * number,
    "slope_min": 0.1,
    "slope_max": 0.6,
    "same_sign_fraction": 0.5,
    "update_cosine": 0.4,
    "died": lambda epoch, number: float(epoch),
    "revived": 1.0,
}


def runs_of(
    activations: Sequence[str] = FEW, rates: Sequence[float] = RATES, seeds: int = 3
) -> list[Row]:
    """Every activation at every learning rate and seed, each a little worse than the one before."""
    return [
        run(
            activation=name,
            learning_rate=rate,
            seed=seed,
            test=0.98 - 0.003 * place - 0.01 * number + 0.002 * seed - 0.0005 * place * number,
            val=0.975 - 0.003 * place - 0.01 * number + 0.001 * seed,
            train_seconds=1.0 + 0.3 * place,
        )
        for place, name in enumerate(activations)
        for number, rate in enumerate(rates)
        for seed in range(seeds)
    ]


def with_tables(rows: Sequence[Row]) -> Selection:
    """The runs with their epochs and layers, each variant's a little apart from the others'."""
    done = [row for row in rows if row["status"] == "completed"]
    names = list(dict.fromkeys(row["activation"] for row in rows))
    layers = [
        layer
        for row in done
        for layer in relu_like(
            row,
            **MEASURES,
            sparsity=0.5 - 0.04 * names.index(row["activation"]),
            out_mean=0.1 * names.index(row["activation"]),
        )
    ]
    return results(rows, [epoch for row in done for epoch in epochs(row)], layers)


def epochs(row: Row) -> list[Row]:
    """The epochs of a run, of ratings as well."""
    if row["metric"] == "accuracy":
        return rising(row)
    falling = [1.0, 0.9, 0.7, row["val_rmse"]]
    return [
        epoch | {"train_rmse": error, "val_rmse": error}
        for epoch, error in zip(epochs_of(row, [None] * 4), falling, strict=True)
    ]


def rated(row: Row) -> Row:
    """The run with ratings to predict: lower is better."""
    error = 1.5 - row["test_accuracy"]
    blank = dict.fromkeys(("train_accuracy", "val_accuracy", "test_accuracy"))
    errors = {f"{split}_rmse": error for split in ("train", "val", "test")}
    guesses = {"guess_val_rmse": 1.0, "guess_test_rmse": 1.0}
    return {**row, "metric": "rmse", **blank, **errors, **guesses}


def worst(row: Row) -> bool:
    """Whether it is a run at the last learning rate, of the last activation or of the last seed."""
    return row["learning_rate"] == RATES[-1] and (row["activation"] == FEW[-1] or row["seed"] == 2)


def diverged(row: Row) -> Row:
    """The run as it would be stored had its loss become infinite."""
    settings = ("activation", "learning_rate", "seed", "train_seconds")
    return run(outcome="diverged", **{name: row[name] for name in settings})


def broken(row: Row) -> Row:
    """The run as it would be stored had it failed."""
    return failed(**{name: row[name] for name in ("activation", "learning_rate", "seed")})


def recurrent(rows: Sequence[Row]) -> Selection:
    """Runs of a recurrent network, whose layers were looked at by time step."""
    changed = [{**row, "model": "rnn(sequence=rows, units=100)"} for row in rows]
    steps = [
        {**layer, "layer": "rnn", "time_step": step, "state_gradient_rms": 0.5 ** (28 - step)}
        for row in changed
        for layer in layers_of(row, 1)
        if layer["layer"] != "output"
        for step in (1, 10, 20, 28)
    ]
    return results(changed, [epoch for row in changed for epoch in epochs(row)], steps)


SITUATIONS: Mapping[str, Callable[[], list[Row]]] = {
    "few": runs_of,
    "crowded": lambda: runs_of(CROWD, RATES, 2),
    "one seed": lambda: runs_of(seeds=1),
    "diverged": lambda: [diverged(row) if worst(row) else row for row in runs_of()],
    "failed": lambda: [broken(row) if worst(row) else row for row in runs_of()],
    "ratings": lambda: [rated(row) for row in runs_of()],
}


@cache
def situation(name: str, *, by_step: bool = False) -> Selection:
    """The results of one of `SITUATIONS`."""
    rows = SITUATIONS[name]()
    return recurrent(rows) if by_step else with_tables(rows)
