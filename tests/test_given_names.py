from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.config import display_names, yaml_source
from relu_bench.config.experiment import Experiment, from_document
from relu_bench.config.plan import make_plan
from relu_bench.errors import ConfigError
from relu_bench.execution import resuming
from relu_bench.store import KeptPlan

FAMILY = """
activation: [relu, leaky_relu, swish]
initializer: [he_normal, zeros]
"""


def experiment_of(text: str, *sets: str) -> Experiment:
    return from_document(yaml_source.parse(text, "c.yaml"), sets, default_name="c")


def error_of(text: str, *sets: str) -> str:
    with pytest.raises(ConfigError) as caught:
        experiment_of(text, *sets)
    return str(caught.value)


def names_of(labels: str, *sets: str) -> dict[str, str]:
    return dict(experiment_of(f"{FAMILY}labels: {{{labels}}}", *sets).labels)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("relu: ReLU", {"relu": "ReLU"}),
        ("swish: SiLU", {"silu": "SiLU"}),
        ("leaky_relu: Leaky ReLU 0.01", {"leaky_relu(negative_slope=0.01)": "Leaky ReLU 0.01"}),
        (
            '"leaky_relu( negative_slope = 1e-2 )": Leaky',
            {"leaky_relu(negative_slope=0.01)": "Leaky"},
        ),
        ('relu: "  ReLU  "', {"relu": "ReLU"}),
        ("relu: relu", {"relu": "relu"}),
        ("zeros: Zeros", {"zeros": "Zeros"}),
        ("mnist: MNIST, he_normal: He", {"mnist": "MNIST", "he_normal": "He"}),
        (
            "adam: Adam",
            {"adam(amsgrad=false, beta_1=0.9, beta_2=0.999, epsilon=1e-07)": "Adam"},
        ),
        ('"mlp(hidden=[128, 64])": perceptron', {"mlp(hidden=[128, 64])": "perceptron"}),
        (
            "leaky_relu: L, 'leaky_relu(negative_slope=1e-2)': L",
            {"leaky_relu(negative_slope=0.01)": "L"},
        ),
        ('relu: "<b>$x_1$</b> & \\\\ %"', {"relu": "<b>$x_1$</b> & \\ %"}),
        ("", {}),
    ],
)
def test_values_are_named_in_any_form(labels: str, names: dict[str, str]) -> None:
    assert names_of(labels) == names


def test_values_of_cases_are_named() -> None:
    text = "cases: [{activation: selu, initializer: lecun_normal}]\nlabels: {selu: SELU}"
    assert experiment_of(text).labels == {"selu": "SELU"}


def test_what_set_replaces_may_keep_its_name() -> None:
    assert names_of("relu: ReLU, swish: SiLU", "activation=relu,elu") == {"relu": "ReLU"}


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        (
            "rely: ReLU",
            "c.yaml, line 4, labels.rely: 'rely' is no value that this config runs. "
            "Did you mean 'relu'? It has: ",
        ),
        ("elu: ELU", "'elu' is no value that this config runs. Did you mean 'relu'?"),
        ("dropout: x", "'dropout' is no value that this config runs. It has: "),
        ("relu: 7", "labels.relu: 7 is no name; put it in quotes\n  Allowed: names by value"),
        ("relu: null", "labels.relu: null is no name"),
        ("relu: true", "labels.relu: true is no name; put it in quotes"),
        ("relu: [a]", "labels.relu: ['a'] is no name"),
        ('relu: " "', "labels.relu: an empty name would show nothing"),
        ('relu: "a\\nb"', "has a line break or another control character"),
        ('relu: "a\\u2028b"', "has a line break or another control character"),
        (f"relu: {'x' * 41}", "has 41 characters, more than 40"),
        (
            "relu: same, swish: same",
            "silu and relu would both be called 'same', and nobody could tell which activation is "
            "meant.",
        ),
        ("relu: silu", "relu and silu would both be called 'silu'"),
        (
            "swish: a, silu: b, leaky_relu: c, 'leaky_relu(negative_slope=1e-2)': d",
            "labels.leaky_relu(negative_slope=1e-2): leaky_relu(negative_slope=0.01) has a name "
            "already, given by the key 'leaky_relu'",
        ),
        (
            "leaky_relu: a, 'leaky_relu(negative_slope=0.01)': b",
            "labels.leaky_relu: leaky_relu(negative_slope=0.01) has a name already, given by the "
            "key 'leaky_relu(negative_slope=0.01)'",
        ),
    ],
)
def test_wrong_names_are_told_with_place_and_remedy(labels: str, error: str) -> None:
    assert error in error_of(f"{FAMILY}labels: {{{labels}}}")


def test_one_call_tells_all_that_is_wrong() -> None:
    said = error_of("activation: [relu, elu]\nepochs: 0\nlabels:\n  rely: a\n  elu: 3\n  relu: ''")

    assert [line for line in said.splitlines() if line.startswith("c.yaml, line")] == [
        "c.yaml, line 2, epochs: 0 is not allowed",
        *(line for line in said.splitlines() if line.startswith("c.yaml, line 4, labels.rely: ")),
        "c.yaml, line 5, labels.elu: 3 is no name; put it in quotes",
        "c.yaml, line 6, labels.relu: an empty name would show nothing",
    ]
    assert "      rely: a\n      ^" in said


@pytest.mark.parametrize("labels", ["ReLU", "[relu]", "3", "null"])
def test_names_stand_by_value(labels: str) -> None:
    assert "is no list of names by value\n  Allowed: " in error_of(f"{FAMILY}labels: {labels}")


@pytest.mark.parametrize("given", ["labels=ReLU", "labels={relu: ReLU}", "labels=a,b"])
def test_names_cannot_be_set(given: str) -> None:
    assert error_of(FAMILY, given) == (
        "--set, labels: display names belong into the config file, as a line "
        f"`labels: {{relu: ReLU}}`\n    --set {given}"
    )


def test_names_are_no_part_of_what_is_run() -> None:
    bare, named = experiment_of(FAMILY), experiment_of(f"{FAMILY}labels: {{relu: ReLU}}")

    assert make_plan(bare) == make_plan(named)
    assert "labels" not in bare.resolved()
    assert named.resolved() == bare.resolved() | {"labels": {"relu": "ReLU"}}


def test_a_kept_call_has_its_names_when_it_is_resumed() -> None:
    text = f"{FAMILY}labels: {{swish: SiLU, leaky_relu: Leaky, relu: ReLU, zeros: '0'}}"
    before = experiment_of(text, "activation=relu,leaky_relu,elu")
    after = resuming.experiment_of(KeptPlan("c", before.resolved(), ()), "here")
    assert after.labels == before.labels
    assert list(after.labels) == ["leaky_relu(negative_slope=0.01)", "relu", "zeros"]


def test_a_function_of_ones_own_is_named_by_its_path_or_by_its_label(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def cube(x):\n    return x**3\n", encoding="utf-8")
    own = tmp_path / "mine.py"
    experiment = experiment_of(f"activation: ['{own}:cube']\nlabels: {{'{own}:cube': Cube}}")
    (label,) = experiment.axes["activation"]
    assert experiment.labels == {label: "Cube"}
    kept = resuming.experiment_of(KeptPlan("c", experiment.resolved(), ()), "here")
    assert kept.labels == experiment.labels


@given(st.text(max_size=60) | st.integers() | st.none() | st.booleans() | st.floats())
def test_a_name_is_taken_as_it_is_or_refused(name: Any) -> None:
    fault = display_names.fault_of(name)
    taken = display_names.given_by({"labels": {"relu": name}})
    assert taken == ({} if fault else {"relu": name.strip()})
    document = yaml_source.Document("c.yaml", "", {"labels": {"relu": name}}, {})
    if fault:
        with pytest.raises(ConfigError):
            from_document(document)
    else:
        assert from_document(document).resolved()["labels"] == taken


@pytest.mark.parametrize("config", [{}, {"labels": None}, {"labels": ["a"]}, {"labels": "x"}])
def test_a_damaged_plan_names_nothing(config: dict[str, Any]) -> None:
    assert display_names.given_by(config) == {}


def test_the_values_that_can_be_named_are_those_of_labels() -> None:
    from relu_bench.config.settings import LABEL_FIELDS as FIELDS

    assert {"activation", "output_activation", "initializer", "bias_initializer"} <= set(FIELDS)
    assert {"optimizer", "model", "dataset"} <= set(FIELDS)
    assert not {"dropout_kind", "learning_rate", "split_seed"} & set(FIELDS)
