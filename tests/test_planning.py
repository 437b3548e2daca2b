from pathlib import Path

import pytest
from idx_folders import write_idx_folder

from relu_bench import data
from relu_bench.config.planning import plan_configs, ready_data
from relu_bench.errors import ConfigError, DataError


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELU_BENCH_DATA", raising=False)


def write_config(name: str, text: str) -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_several_configs_with_the_same_overrides() -> None:
    one = write_config("one.yaml", "dataset: digits\nactivation: [relu, elu]\nseeds: 3")
    two = write_config("two.yaml", "dataset: digits\nseeds: 5")
    planned = plan_configs([one, two], ["seeds=2", "epochs=7"])
    assert [each.experiment.name for each in planned] == ["one", "two"]
    assert [len(each.specs) for each in planned] == [4, 2]
    assert {spec.epochs for each in planned for spec in each.specs} == {7}
    assert planned[0].specs[0].run_id == planned[1].specs[0].run_id


def test_a_folder_is_known_by_its_content_wherever_it_lies() -> None:
    write_idx_folder(Path("a"), (3, 4))
    write_idx_folder(Path("deep/b"), (3, 4))
    write_idx_folder(Path("c"), (3, 4), pixel=1)
    config = write_config("c.yaml", "dataset: [./a, ./c]\nseeds: 1")
    (planned,) = plan_configs([config])
    first, other = planned.specs
    assert first.data_fingerprint == data.fingerprint("./a")
    assert first.run_id != other.run_id
    (moved,) = plan_configs([config], ["dataset=./deep/b"])
    assert [spec.run_id for spec in moved.specs] == [first.run_id]
    (inside,) = plan_configs([config], ["dataset=./b"], data_dir=Path("deep"))
    assert [spec.run_id for spec in inside.specs] == [first.run_id]
    (both,) = plan_configs([config], ["dataset=./a,./deep/b"])
    assert [spec.dataset for spec in both.specs] == ["./a"]


def test_a_known_data_set_is_not_looked_for_by_planning() -> None:
    (planned,) = plan_configs([write_config("c.yaml", "dataset: mnist\nseeds: 1")])
    assert planned.specs[0].data_fingerprint is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("dataset: ./a\nmodel: [mlp, cnn]", "model 'cnn' needs images of at least 18×18 pixels"),
        ("dataset: ./a\nvalidation_split: [0.2, 0.01]", "validation_split 0.01 of 30 training"),
        ("dataset: ./a\ntrain_samples: 25", "train_samples is 25, but 24 training samples"),
        ("dataset: digits\ntrain_samples: 2000", "train_samples is 2,000, but 1,150 training"),
    ],
)
def test_what_does_not_fit_the_data_is_told_with_its_config(text: str, reason: str) -> None:
    write_idx_folder(Path("a"), (3, 4))
    write_config("right.yaml", "dataset: digits")
    write_config("wrong.yaml", text)
    with pytest.raises(ConfigError) as caught:
        plan_configs([Path("right.yaml"), Path("wrong.yaml")])
    assert str(caught.value).startswith(f"wrong.yaml: {reason}")


def test_a_damaged_folder_is_told_before_any_run() -> None:
    write_idx_folder(Path("a"), (3, 4))
    (Path("a") / "train-labels-idx1-ubyte").write_bytes(b"\x00\x00\x08\x01\x00\x00")
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        plan_configs([write_config("c.yaml", "dataset: ./a")])


def test_every_data_set_of_the_plan_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Path | None]] = []
    monkeypatch.setattr(data, "load", lambda name, data_dir: asked.append((name, data_dir)))
    monkeypatch.setattr(data, "share", lambda dataset: None)
    one = write_config("one.yaml", "dataset: [mnist, digits]\nactivation: [relu, elu]")
    two = write_config("two.yaml", "dataset: [digits, fashion_mnist]")
    assert ready_data(plan_configs([one, two]), Path("d")) == ()
    assert asked == [("mnist", Path("d")), ("digits", Path("d")), ("fashion_mnist", Path("d"))]
