"""What a worker keeps between runs, without a cluster."""

import asyncio
from dataclasses import replace
from pathlib import Path

import fake_remote
import pytest
from fake_training import result_of, specs_of

from relu_bench.data import Dataset
from relu_bench.execution.cluster import driver, remote
from relu_bench.execution.cluster.remote import HeldData, Trained
from relu_bench.networks.activations.own import ActivationError, content_of, read_source


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_trainers", {})
    monkeypatch.setattr(remote, "_programs_of_earlier_trainers", 0)
    monkeypatch.setattr(remote, "_datasets", type(remote._datasets)())


def held(digest: str, dataset: Dataset) -> HeldData:
    return HeldData(digest, dataset.name)


def test_a_worker_holds_the_data_sets_that_came_last(digits: Dataset) -> None:
    for digest in ("one", "two", "three"):
        remote.keep(digest, digits)
    assert held("one", digits).load() is None
    assert held("two", digits).load() is digits
    assert held("three", digits).load() is digits


def test_the_trainer_is_kept_until_a_sweep_with_other_data_begins(digits: Dataset) -> None:
    known = (held("one", digits),)
    first = remote._trainer(fake_remote.make_reading_trainer, known)
    assert remote._trainer(fake_remote.make_reading_trainer, (held("one", digits),)) is first
    assert remote._programs_of_earlier_trainers == 0
    other = remote._trainer(fake_remote.make_reading_trainer, (held("two", digits),))
    assert other is not first
    # What its programs have left behind in the process still counts.
    assert remote._programs_of_earlier_trainers == first.compiled_programs == 1


def test_a_digest_tells_contents_apart(digits: Dataset) -> None:
    changed = digits.test_inputs.copy()
    changed[0, 0, 0, 0] ^= 1
    renamed = replace(digits, info=replace(digits.info, name="called otherwise"))
    assert remote.digest_of(digits) == remote.digest_of(renamed)
    assert remote.digest_of(digits) != remote.digest_of(replace(digits, test_inputs=changed))


@pytest.mark.parametrize(
    ("programs", "memory", "full"),
    [(1, 0.99, False), (2, 0.69, False), (2, 0.71, True), (200, 0.0, False)],
)
def test_when_a_worker_has_no_room(programs: int, memory: float, full: bool) -> None:
    (spec,) = specs_of(1)
    worker = driver._InUse(1, asyncio.Event())
    worker.has_done(spec, Trained(result_of(spec), programs, memory))
    assert worker.full is full
    assert worker.programs == {spec.program_key}


def test_a_users_file_travels_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def double(x):\n    return 2 * x\n")
    source = read_source(str(file), "double")
    (spec,) = specs_of(1)
    spec = spec.model_copy(update={"source": source})
    content = content_of(source)
    there = tmp_path / "there"
    there.mkdir()
    placed = remote.placed(spec, content, there)
    assert placed.source is not None
    assert placed.source.path.parent == there
    assert placed.source.path.read_bytes() == file.read_bytes()
    assert (placed.run_id, placed.program_key) == (spec.run_id, spec.program_key)
    # What stands there already is not trusted.
    placed.source.path.write_text("def double(x):\n    return 3 * x\n")
    remote.placed(spec, content, there)
    assert placed.source.path.read_bytes() == content
    (plain,) = specs_of(2)
    assert remote.placed(plain, None, there) is plain


def test_a_users_file_that_changed_or_went_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def double(x):\n    return 2 * x\n")
    source = read_source(str(file), "double")
    file.write_text("def double(x):\n    return 3 * x\n")
    with pytest.raises(ActivationError, match="has changed since the command read it"):
        content_of(source)
    file.unlink()
    with pytest.raises(ActivationError, match="cannot be read: No such file"):
        content_of(source)
