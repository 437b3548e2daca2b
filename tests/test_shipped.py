import tomllib
from pathlib import Path

import pytest

from relu_bench.config import shipped
from relu_bench.config.experiment import load
from relu_bench.config.plan import make_plan, varying
from relu_bench.errors import ReluBenchError
from relu_bench.networks.activations.listing import all_labels

ROOT = Path(__file__).parent.parent
NAMES = [each.name for each in shipped.all_configs()]


def test_all_of_them_are_there() -> None:
    assert {"quickstart", "variants", "tuning", "cnn"} <= set(NAMES)
    assert sorted(path.stem for path in (ROOT / "configs").glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_loads_and_says_what_it_shows(name: str) -> None:
    path = ROOT / "configs" / f"{name}.yaml"
    assert make_plan(load(path))
    (each,) = (each for each in shipped.all_configs() if each.name == name)
    assert 20 < len(each.summary) < 100
    assert each.summary.endswith(".")
    assert "# yaml-language-server: $schema=config.schema.json\n" in each.text


def test_variants_are_the_four_of_the_main_comparison() -> None:
    experiment = load(ROOT / "configs/variants.yaml")
    assert varying(experiment) == {
        "activation": (
            "relu",
            "leaky_relu(negative_slope=0.01)",
            "prelu(initial=0.25)",
            "elu(alpha=1.0)",
        )
    }
    spec = make_plan(experiment)[0]
    assert (spec.dataset, spec.model, spec.epochs) == ("mnist", "mlp(hidden=[128, 64])", 10)
    assert (spec.batch_size, spec.validation_split) == (128, 0.2)
    assert spec.optimizer.startswith("adam(")
    assert spec.learning_rate == 0.001
    assert len(experiment.seeds) == 10


def test_tuning_is_the_grid_of_32() -> None:
    experiment = load(ROOT / "configs/tuning.yaml", ["seeds=1"])
    assert varying(experiment) == {
        "initializer": (
            "he_normal",
            "he_uniform",
            "glorot_normal",
            "random_normal(mean=0.0, stddev=0.05)",
        ),
        "learning_rate": (0.1, 0.01, 0.001, 0.0001),
        "batch_norm": (False, True),
    }
    assert len(make_plan(experiment)) == 32


def test_quickstart_needs_no_network() -> None:
    assert {spec.dataset for spec in make_plan(load(ROOT / "configs/quickstart.yaml"))} == {
        "digits"
    }


def test_cnn_is_the_convolutional_network() -> None:
    assert {spec.model for spec in make_plan(load(ROOT / "configs/cnn.yaml"))} == {"cnn"}


def test_they_are_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["configs"] == "relu_bench/configs"


def test_an_installed_wheel_reads_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/own.yaml").write_text("# Mine.\nepochs: 1\n", encoding="utf-8")
    monkeypatch.setattr(shipped, "_PLACES", (tmp_path / "configs", ROOT / "configs"))
    assert shipped.all_configs() == (shipped.ShippedConfig("own", "Mine.", "# Mine.\nepochs: 1\n"),)


@pytest.mark.parametrize("name", ["variants", "variants.yaml"])
def test_write(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert shipped.write(name, path) == path
    assert path.read_bytes() == (ROOT / "configs/variants.yaml").read_bytes()


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.yaml").write_text("kept")
    errors = {
        ("varians", "new.yaml"): "there is no shipped config 'varians'. Did you mean 'variants'? "
        f"There are: {', '.join(NAMES)}",
        ("variants", "there.yaml"): "there.yaml exists already; name another with --to FILE.",
        ("variants", "there.yaml/new.yaml"): "there.yaml/new.yaml cannot be written (Not a "
        "directory). Name a file that can be written with --to FILE.",
    }
    for (name, path), message in errors.items():
        with pytest.raises(ReluBenchError) as caught:
            shipped.write(name, Path(path))
        assert str(caught.value) == message
    assert Path("there.yaml").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["there.yaml"]


def test_the_family_is_every_activation() -> None:
    experiment = load(ROOT / "configs" / "family.yaml")
    assert list(experiment.axes["activation"]) == all_labels()
