"""From planned runs to diagnoses: which networks are simulated together, on which images."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from relu_bench import data
from relu_bench.data import Dataset
from relu_bench.diagnose.diagnosis import Combination, Diagnosis, diagnosis_of
from relu_bench.diagnose.network import LOSS_GRADIENTS, Variant
from relu_bench.diagnose.simulate import Images, Network, multiply_adds, simulate
from relu_bench.errors import ReluBenchError

IMAGES_SEED = 0
"""Draws the images: they are the same for every diagnosis of a data set."""

Report = Callable[[float], None]


@dataclass(frozen=True)
class _Group:
    """Combinations whose networks have the same weights."""

    members: Sequence[Combination]
    drawn: Network
    images: Images

    @property
    def work(self) -> int:
        """Multiply-adds of one trial of one member."""
        return multiply_adds(self.drawn, len(self.images.inputs))

    @property
    def variants(self) -> list[Variant]:
        """What its members differ in."""
        return [
            Variant(each.activation, each.batch_norm, each.output_activation, each.is_residual)
            for each in self.members
        ]


def diagnose(
    combinations: Sequence[Combination],
    *,
    trials: int,
    images: int,
    seed: int,
    data_dir: Path | None = None,
    report: Report = lambda share: None,
) -> tuple[Diagnosis, ...]:
    """Simulate each combination, those with the same weights together.

    Args:
        combinations: of perceptrons.
        trials: random initializations of each.
        images: training images sent through each; all, where a data set has fewer.
        seed: of the initial weights; at one seed all combinations share their standard draws.
        data_dir: where to look for data sets first.
        report: called now and then with the share of the work that is done.

    Returns:
        The diagnoses, in the order of the combinations.

    Raises:
        DataError: when a data set is missing or damaged.
        ReluBenchError: when a network does not fit into the memory.
    """
    groups = _groups(combinations, images, data_dir)
    total = trials * sum(group.work * len(group.members) for group in groups)
    done = 0
    found: dict[Combination, Diagnosis] = {}
    for group in groups:
        work = group.work

        def add(count: int, work: int = work) -> None:
            nonlocal done
            done += count * work
            report(done / total)

        measured = simulate(
            group.drawn, group.variants, group.images, trials=trials, seed=seed, report=add
        )
        for member, its_trials in zip(group.members, measured, strict=True):
            found[member] = diagnosis_of(
                member,
                its_trials,
                images=len(group.images.inputs),
                outputs=group.drawn.outputs,
                seed=seed,
            )
    return tuple(found[each] for each in combinations)


def images_of(dataset: Dataset, count: int) -> Images:
    """`count` training images, stratified by class, scaled to [0, 1] and flat; all of fewer.

    Raises:
        ReluBenchError: for a task whose loss has no gradient here.
    """
    loss = dataset.info.task.loss
    if loss not in LOSS_GRADIENTS:
        known = ", ".join(LOSS_GRADIENTS)
        raise ReluBenchError(
            f"{dataset.name}: diagnose knows no gradient of the loss {loss}, only of "
            f"{known}. Take a data set of images, such as digits."
        )
    size = min(count, len(dataset.train_targets))
    chosen = data.stratified_sample(dataset.train_targets, size, IMAGES_SEED)
    inputs = dataset.train_inputs[chosen].reshape(size, -1).astype(np.float32)
    inputs /= np.float32(255.0)
    return Images(inputs, dataset.train_targets[chosen].astype(np.int64), loss)


def _groups(
    combinations: Sequence[Combination], images: int, data_dir: Path | None
) -> list[_Group]:
    """Those that differ only in activations and batch norm, together."""
    together: dict[tuple[str, ...], list[Combination]] = {}
    for each in combinations:
        key = (each.dataset, each.model, each.initializer, each.bias_initializer)
        together.setdefault(key, []).append(each)
    names = dict.fromkeys(each.dataset for each in combinations)
    datasets = {name: data.load(name, data_dir) for name in names}
    samples = {name: images_of(dataset, images) for name, dataset in datasets.items()}
    return [
        _Group(members, _network(members[0], datasets[members[0].dataset]), samples[dataset])
        for (dataset, *_), members in together.items()
    ]


def _network(combination: Combination, dataset: Dataset) -> Network:
    return Network(
        inputs=math.prod(dataset.info.inputs.shape),
        widths=combination.widths,
        outputs=dataset.info.classes,
        initializer=combination.initializer,
        bias_initializer=combination.bias_initializer,
    )
