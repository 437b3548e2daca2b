"""Twelve sweeps at once into one folder, with training left out."""

import multiprocessing
import random
from pathlib import Path

from fake_training import RAISES
from many_runners import planned, sweep

from relu_bench.store import Store, read

WRITERS, RUNS, EACH = 12, 16, 8


def test_twelve_sweeps_into_one_folder(tmp_path: Path) -> None:
    """Each asks for half of the runs; every run is asked for by about six of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["many_runners"])
    Store(tmp_path).prepare()
    chance = random.Random(0)
    asked = [[*chance.sample(range(RUNS), EACH), RAISES] for _ in range(WRITERS)]
    answers, processes = [], []
    for number, seeds in enumerate(asked):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=sweep, args=(tmp_path, number, seeds, theirs))
        process.start()
        theirs.close()
        answers.append(ours)
        processes.append(process)
    found = [answer.recv() for answer in answers]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    stored = [seed for seeds, _ in found for seed in seeds]
    # Whoever says so has stored it, and nobody else has; a failed run is replaced by the same.
    assert sorted(seed for seed in stored if seed != RAISES) == sorted(
        set().union(*asked) - {RAISES}
    )
    for seeds, (_, tally) in zip(asked, found, strict=True):
        # The failed run is skipped by all but one.
        assert tally.completed + tally.skipped in (len(seeds) - 1, len(seeds))
        assert tally.failed == 1
    runs = read(tmp_path, "runs")
    assert not runs.duplicated("run_id").any()
    assert sorted(runs["seed"]) == sorted(set().union(*asked))
    assert runs.set_index("seed").loc[RAISES, "error"] == "no such luck"
    assert set(runs["run_id"]) == {spec.run_id for spec in planned(sorted(runs["seed"])).specs}
    epochs = read(tmp_path, "epochs")
    assert len(epochs) == 3 * (len(runs) - 1)
    assert not epochs.duplicated(["run_id", "epoch"]).any()
    # No row is mixed: what result_of gives follows from the seed alone.
    seed_of = runs.set_index("run_id")["seed"]
    rate = runs["learning_rate"].iloc[0]
    expected = epochs["run_id"].map(seed_of).astype(float) / 1000 + rate
    assert (epochs["train_loss"] == expected).all()
