"""YAML and `--set` to an experiment: what is taken, display names, and every error."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from bad_configs import WRONG, WRONG_VALUES
from config_strategies import ONE_VALUE, configs
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.config import display_names, yaml_source
from relu_bench.config.experiment import (
    FIELDS,
    MOST_RUNS,
    Experiment,
    from_document,
    load,
    with_defaults,
)
from relu_bench.config.overrides import parse as parse_overrides
from relu_bench.config.plan import make_plan
from relu_bench.config.settings import LABEL_FIELDS, Setting
from relu_bench.errors import ConfigError
from relu_bench.execution import runner
from relu_bench.store import KeptPlan


def experiment_of(text: str, *sets: str) -> Experiment:
    return from_document(yaml_source.parse(text, "c.yaml"), sets, default_name="c")


def error_of(text: str, *sets: str) -> str:
    with pytest.raises(ConfigError) as caught:
        experiment_of(text, *sets)
    return str(caught.value)


def test_the_smallest_config() -> None:
    experiment = experiment_of("activation: [relu, elu]")
    assert experiment == Experiment("c", {"activation": ("relu", "elu(alpha=1.0)")})
    assert experiment.seeds == tuple(range(10))


def test_every_field_as_documented() -> None:
    experiment = experiment_of(
        """
        experiment: relu-variants
        dataset: mnist
        model: mlp(hidden=[128, 64])
        activation: [relu, leaky_relu(negative_slope=0.01), prelu, elu]
        initializer: glorot_uniform
        bias_initializer: zeros
        learning_rate: [0.01, 0.001]
        batch_norm: [false, true]
        batch_norm_momentum: 0.99
        optimizer: adam
        batch_size: 128
        epochs: 10
        dropout: 0.0
        dropout_kind: standard
        validation_split: 0.2
        split_seed: 0
        train_samples: null
        seeds: 10
        """
    )
    assert experiment.name == "relu-variants"
    assert experiment.axes == {
        "dataset": ("mnist",),
        "model": ("mlp(hidden=[128, 64])",),
        "activation": (
            "relu",
            "leaky_relu(negative_slope=0.01)",
            "prelu(initial=0.25)",
            "elu(alpha=1.0)",
        ),
        "initializer": ("glorot_uniform",),
        "bias_initializer": ("zeros",),
        "learning_rate": (0.01, 0.001),
        "batch_norm": (False, True),
        "batch_norm_momentum": (0.99,),
        "optimizer": ("adam(amsgrad=false, beta_1=0.9, beta_2=0.999, epsilon=1e-07)",),
        "batch_size": (128,),
        "epochs": (10,),
        "dropout": (0.0,),
        "dropout_kind": ("standard",),
        "validation_split": (0.2,),
        "split_seed": (0,),
        "train_samples": (None,),
    }


def test_the_documented_values_are_the_defaults() -> None:
    documented = {
        "dataset": "mnist",
        "model": "mlp(hidden=[128, 64])",
        "activation": "relu",
        "output_activation": "identity",
        "initializer": "glorot_uniform",
        "bias_initializer": "zeros",
        "recurrent_initializer": "orthogonal(gain=1.0)",
        "learning_rate": 0.001,
        "batch_norm": False,
        "batch_norm_momentum": 0.99,
        "optimizer": "adam(amsgrad=false, beta_1=0.9, beta_2=0.999, epsilon=1e-07)",
        "gradient_clip_norm": None,
        "batch_size": 128,
        "epochs": 10,
        "dropout": 0.0,
        "dropout_kind": "standard",
        "validation_split": 0.2,
        "split_seed": 0,
        "train_samples": None,
    }
    assert dict(Setting()) == documented
    # Defaults are not validated, so they must be what validation would make of them.
    assert Setting.model_validate(documented) == Setting()
    assert with_defaults({"epochs": (3,)}) == {
        field: (3,) if field == "epochs" else (value,) for field, value in documented.items()
    }


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("learning_rate: 1", "learning_rate", [1.0]),
        ("learning_rate: 1e-3", "learning_rate", [0.001]),
        ("learning_rate: log(1e-4, 1e-1, 4)", "learning_rate", [0.0001, 0.001, 0.01, 0.1]),
        ("learning_rate: ['log(1e-2, 1e-1, 2)', 1]", "learning_rate", [0.01, 0.1, 1.0]),
        ("dropout: lin(0, 0.5, 3)", "dropout", [0.0, 0.25, 0.5]),
        ("dropout: -0.0", "dropout", [0.0]),
        ("batch_size: log(16, 64, 3)", "batch_size", [16, 32, 64]),
        ("batch_norm: [on, off, yes, No, true]", "batch_norm", [True, False, True, False, True]),
        ("split_seed: [0, seed]", "split_seed", [0, "seed"]),
        ("train_samples: [null, 5]", "train_samples", [None, 5]),
        ("activation: swish", "activation", ["silu"]),
        (
            "initializer: variance_scaling(scale=0.3333, mode=fan_in, distribution=uniform)",
            "initializer",
            ["variance_scaling(distribution=uniform, mode=fan_in, scale=0.3333)"],
        ),
        (
            "bias_initializer: variance_scaling(scale=0.3333, mode=fan_in, distribution=uniform)",
            "bias_initializer",
            ["variance_scaling(distribution=uniform, mode=fan_in, scale=0.3333)"],
        ),
        ("model: ['mlp(width=8, depth=3)', cnn]", "model", ["mlp(depth=3, width=8)", "cnn"]),
        ("dataset: ./my/folder", "dataset", ["./my/folder"]),
    ],
)
def test_values_become_typed_and_canonical(text: str, field: str, values: list[Any]) -> None:
    found = experiment_of(text).axes[field]
    assert [(value, type(value)) for value in found] == [(value, type(value)) for value in values]
    assert str(found) == str(tuple(values))  # 0.0 is not -0.0


def test_cases() -> None:
    experiment = experiment_of(
        """
        dropout: 0.1
        epochs: [1, 2]
        cases:
          - {activation: selu, initializer: lecun_normal, dropout_kind: alpha}
          - activation: [relu, elu]
            dropout: 0.2
        """
    )
    assert experiment.axes == {"epochs": (1, 2), "dropout": (0.1,)}
    assert experiment.cases == (
        {"activation": ("selu",), "initializer": ("lecun_normal",), "dropout_kind": ("alpha",)},
        {"activation": ("relu", "elu(alpha=1.0)"), "dropout": (0.2,)},
    )
    assert experiment.combinations == (2 * 1 + 2 * 2) * 10


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("seeds: 3", (0, 1, 2)), ("seeds: [7, 3]", (7, 3)), ("seeds: [4294967295]", (2**32 - 1,))],
)
def test_seeds(text: str, seeds: tuple[int, ...]) -> None:
    assert experiment_of(text).seeds == seeds


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("epochs: 1", "c"),
        ("experiment: a.b_c-d", "a.b_c-d"),
        ("experiment: 7", "7"),
        ("experiment: '1.0'", "1.0"),
        ("experiment: on", "on"),
        (f"experiment: {'x' * 64}", "x" * 64),
    ],
)
def test_names(text: str, name: str) -> None:
    assert experiment_of(text).name == name


@pytest.mark.parametrize("name", ["NA", "null", "nan", "None", "'-x'", "é", "a/b", "x" * 65, "''"])
def test_names_that_are_refused(name: str) -> None:
    assert "cannot name an experiment" in error_of(f"experiment: {name}")


@pytest.mark.parametrize(
    "name", ["NA", "N/A", "n/a", "<NA>", "NULL", "null", "None", "nan", "NaN", "-nan", "1.#IND"]
)
def test_no_name_reads_back_from_a_csv_as_missing(name: str) -> None:
    assert pd.read_csv(io.StringIO(f"experiment,seed\n{name},0\n"))["experiment"].isna().all()
    assert "cannot name an experiment" in error_of(f"experiment: '{name}'")
    with pytest.raises(ConfigError, match="cannot be the experiment's name"):
        from_document(yaml_source.parse("epochs: 1", "c.yaml"), default_name=name)


def test_set_overrides_and_adds() -> None:
    experiment = experiment_of(
        "epochs: 1\nactivation: [relu, elu]",
        "epochs=2,3",
        "learning_rate=log(1e-2,1e-1,2)",
        "seeds=4",
        "experiment=other",
    )
    assert experiment == Experiment(
        "other",
        {"activation": ("relu", "elu(alpha=1.0)"), "learning_rate": (0.01, 0.1), "epochs": (2, 3)},
        seeds=(0, 1, 2, 3),
    )


def test_set_gives_cases() -> None:
    experiment = experiment_of("epochs: 1", "cases=[{activation: relu}, {activation: elu}]")
    assert experiment.cases == ({"activation": ("relu",)}, {"activation": ("elu(alpha=1.0)",)})
    message = error_of("epochs: 1", "cases=[{activation: rellu}]")
    assert message.startswith("--set, cases.activation: 'rellu' is no activation.")


def test_resolved_says_the_same_again() -> None:
    text = (
        "experiment: x\nepochs: [1, 2]\ncases: [{activation: selu}, {activation: relu}]\nseeds: 2"
    )
    experiment = experiment_of(text)
    assert experiment.resolved() == {
        "experiment": "x",
        "epochs": [1, 2],
        "cases": [{"activation": ["selu"]}, {"activation": ["relu"]}],
        "seeds": [0, 1],
    }
    assert experiment_of(yaml.safe_dump(experiment.resolved())) == experiment


def test_load_takes_its_name_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my.study.yaml"
    path.write_text("epochs: 1")
    assert load(path, ["epochs=2"]) == Experiment("my.study", {"epochs": (2,)})


@pytest.mark.parametrize("line", WRONG_VALUES)
def test_wrong_types_and_ranges_say_what_is_allowed(line: str) -> None:
    field = line.partition(":")[0]
    message = error_of(f"# one\n# two\n{line}")
    first, allowed, *rest = message.splitlines()
    assert first.startswith(f"c.yaml, line 3, {field}: ")
    assert first.endswith(" is not allowed")
    assert allowed.startswith("  Allowed: ")
    assert rest == [f"    {line}", " " * (len(field) + 6) + "^"]


@pytest.mark.parametrize(("text", "beginning"), WRONG.items())
def test_what_else_is_wrong_is_told_with_place_and_remedy(text: str, beginning: str) -> None:
    assert error_of(text).startswith(f"c.yaml, line 1, {beginning}")


@pytest.mark.parametrize(
    "axis", ["[0.1]", "[0.1, 0.2]", "log(1e-3, 1e-1, 3)", "'lin(0.1, 0.2, 2)'"]
)
def test_a_case_may_not_give_what_is_an_axis(axis: str) -> None:
    text = f"cases:\n  - learning_rate: 0.5\n  - {{learning_rate: 0.6}}\nlearning_rate: {axis}"
    assert error_of(text) == (
        "c.yaml, line 2, cases.learning_rate: 'learning_rate' is given in a case and also as an "
        "axis (c.yaml, line 4). Keep it in one of the two: in the cases, or for all of them.\n"
        f"    learning_rate: {axis}\n                   ^\n"
        "      - learning_rate: 0.5\n                       ^"
    )


def test_a_case_may_not_give_what_comes_from_set() -> None:
    text = "cases:\n  - learning_rate: 0.5\n"
    for value in ("0.1", "0.1,0.2"):
        assert error_of(text, f"learning_rate={value}") == (
            "c.yaml, line 2, cases.learning_rate: 'learning_rate' is given in a case and also by "
            "--set. Keep it in one of the two: in the cases, or for all of them.\n"
            f"    --set learning_rate={value}\n"
            "      - learning_rate: 0.5\n                       ^"
        )


def test_errors_are_in_the_order_of_the_file_and_fill_one_screen_at_most() -> None:
    lines = [f"wrong_{number}: 1" for number in range(20)]
    message = error_of("\n".join(lines), "epochs=0")
    places = [line.split(",")[0:2] for line in message.splitlines() if ": there is no" in line]
    assert message.startswith("--set, epochs: 0 is not allowed")
    assert places == [["c.yaml", f" line {number + 1}"] for number in range(len(places))]
    assert message.endswith(f"... and {20 - len(places)} more.")
    assert sum(-(-max(len(line), 1) // 80) for line in message.splitlines()) <= 23


def test_a_plan_that_is_too_large_is_refused_before_it_is_made() -> None:
    text = "learning_rate: log(1e-4, 1, 10000)\ndropout: lin(0, 0.9, 10000)\nseeds: 1000"
    assert error_of(text) == (
        "c.yaml asks for 100,000,000,000 runs, more than the 100,000 of one experiment. "
        "Take fewer values or fewer seeds: there are 10,000 of learning_rate, 10,000 of dropout "
        "and 1,000 seeds."
    )
    text = "cases: [{learning_rate: 'log(1e-4, 1, 10000)', epochs: [1, 2, 3, 4, 5]}, {epochs: 1}]"
    assert error_of(text, "seeds=1, 2, 3").endswith(
        "there are 10,000 of learning_rate, 5 of epochs, 2 cases and 3 seeds."
    )
    assert experiment_of(f"seeds: {MOST_RUNS}").combinations == MOST_RUNS


_MANY = 5_000
_LAUGHS = ["a: &a [x, x, x, x, x, x, x, x, x, x, x, x, x, x]"] + [
    f"{name}: &{name} [{', '.join([f'*{before}'] * 14)}]"
    for before, name in zip("abcd", "bcde", strict=True)
]
DEMANDING: dict[str, tuple[str, ...]] = {
    "aliases of aliases": ("\n".join(_LAUGHS),),
    "a number with a letter behind it": (f"learning_rate: {'1' * 60_000}x",),
    "the same in --set": ("epochs: 1", f"learning_rate={'1' * 60_000}x"),
    "the same in a label": (f"activation: elu(alpha={'1' * 60_000}x)",),
    "a number of a label with zeros in front": (f"activation: elu(alpha={'0' * 5_000}1)",),
    "an integer of many digits": (f"epochs: {'9' * 60_000}",),
    "unknown keys": ("".join(f"key{number}: 1\n" for number in range(_MANY)),),
    "unknown labels": (f"activation: [{', '.join(f'rellu{n}' for n in range(_MANY))}]",),
    "unknown labels of cases": (f"cases: [{'{activation: rellu}, ' * 2_000}]",),
    "unknown display names": (f"labels: {{{', '.join(f'rely{n}: R' for n in range(_MANY))}}}",),
    "one long unknown label": (f"activation: {'r' * 60_000}",),
    "one long piece of a label": (f"activation: [{'r(' * 30_000}]",),
    "a label in many pieces": ("activation: [r(,\n" + "a,\n" * 10_000 + "]",),
    "a long display name": (f"labels: {{relu: {'r' * 60_000}}}",),
    "a list of display names": (f"labels: [{'r, ' * 10_000}]",),
    "a long name": (f"experiment: {'r' * 60_000}",),
    "a long data set": (f"dataset: {'r' * 60_000}",),
    "a long path of data": (f"dataset: ./{'r' * 60_000}",),
    "a long path of a function": (f"activation: {'r' * 60_000}.py:f",),
    "blanks in front of a function": (f'activation: "{" " * 60_000}.py:"',),
    "an unknown alias": (f"activation: *{'r' * 60_000}",),
    "a tag": (f"activation: !{'r' * 60_000} relu",),
    "a long --set without a value": ("epochs: 1", "r" * 60_000),
    "a long --set with an empty value": ("epochs: 1", f"epochs={'1,' * 30_000}"),
    "deep brackets": (f"activation: {'[' * 50_000}",),
    "deep brackets in --set": ("epochs: 1", f"activation={'[' * 50_000}"),
    "deep keys": ("".join(f"{' ' * depth}a:\n" for depth in range(400)),),
    "many spaced axes": (f"learning_rate: [{'log(1e-4; 1e-1; 10000), ' * 1_000}]".replace(
        "log(1e-4; 1e-1; 10000)", '"log(1e-4, 1e-1, 10000)"'
    ),),
    "an axis of a billion": ("learning_rate: log(1e-4, 1e-1, 1000000000)",),
    "a billion seeds": ("seeds: 1000000000",),
    "billions of runs": ("learning_rate: lin(0.1, 0.9, 10000)\ndropout: lin(0.1, 0.9, 10000)",),
}  # fmt: skip
READ_ALL = """
import json, sys
from relu_bench.config import yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.errors import ConfigError
messages = []
for text, *sets in json.load(sys.stdin):
    try:
        from_document(yaml_source.parse(text, "c.yaml"), sets)
        messages.append("")
    except ConfigError as error:
        messages.append(str(error))
print(json.dumps(messages))
"""


def test_no_config_takes_all_time_or_memory_or_a_page_to_be_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL],
        input=json.dumps(list(DEMANDING.values())),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    messages = dict(zip(DEMANDING, json.loads(done.stdout), strict=True))
    assert all(messages.values())
    # What they would make without a limit may still fit into memory here.
    assert "aliases (`*name`) make more than 100,000 values" in messages["aliases of aliases"]
    assert "there are more than 100,000 spaced values" in messages["many spaced axes"]
    assert {name: len(text) for name, text in messages.items() if len(text) > 2_000} == {}


@pytest.mark.parametrize("name", ["unknown keys", "unknown labels", "unknown display names"])
def test_of_many_errors_a_screen_is_shown_and_the_others_are_counted(name: str) -> None:
    message = error_of(*DEMANDING[name])
    assert message.splitlines()[-1].startswith("... and ")
    assert message.count("Known: ") + message.count("It has: ") == 1


def test_errors_stand_in_the_order_of_the_file_and_a_list_is_shown_once() -> None:
    message = error_of("cases: [{dropout: 2, epochs: 0}]\nactivation: [rellu, elo]")
    places = [line.partition(":")[0] for line in message.splitlines() if line.startswith("c.yaml")]
    assert places == [
        "c.yaml, line 1, cases.dropout",
        "c.yaml, line 1, cases.epochs",
        "c.yaml, line 2, activation",
        "c.yaml, line 2, activation",
    ]
    assert message.count("tanh_shrink") == 1


@given(configs())
def test_every_valid_config_is_read_and_says_the_same_again(given_config: dict[str, Any]) -> None:
    experiment = experiment_of(yaml.safe_dump(given_config))
    again = experiment_of(yaml.safe_dump(experiment.resolved()))
    assert again == experiment
    assert set(experiment.axes) == set(given_config) & set(FIELDS)
    for values in (
        *experiment.axes.values(),
        *(v for case in experiment.cases for v in case.values()),
    ):
        assert values


def test_the_strategies_of_these_tests_know_every_field() -> None:
    assert tuple(ONE_VALUE) == FIELDS


FAMILY = """
activation: [relu, leaky_relu, swish]
initializer: [he_normal, zeros]
"""


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
            "silu and relu would both be called 'same', so it would not be clear which activation "
            "is meant.",
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
    after = runner.experiment_of(KeptPlan("c", before.resolved(), ()), "here")
    assert after.labels == before.labels
    assert list(after.labels) == ["leaky_relu(negative_slope=0.01)", "relu", "zeros"]


def test_a_function_of_ones_own_is_named_by_its_path_or_by_its_label(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def cube(x):\n    return x**3\n", encoding="utf-8")
    own = tmp_path / "mine.py"
    experiment = experiment_of(f"activation: ['{own}:cube']\nlabels: {{'{own}:cube': Cube}}")
    (label,) = experiment.axes["activation"]
    assert experiment.labels == {label: "Cube"}
    kept = runner.experiment_of(KeptPlan("c", experiment.resolved(), ()), "here")
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
    named = set(LABEL_FIELDS)
    assert {"activation", "output_activation", "initializer", "bias_initializer"} <= named
    assert {"optimizer", "model", "dataset"} <= named
    assert not {"dropout_kind", "learning_rate", "split_seed"} & named


SET_KEYS = ("activation", "learning_rate", "epochs", "cases", "model", "train_samples", "dataset")


@pytest.mark.parametrize(
    ("given", "key", "value"),
    [
        ("epochs=5", "epochs", 5),
        (" epochs = 5 ", "epochs", 5),
        ("learning_rate=1e-3", "learning_rate", 0.001),
        ("learning_rate=0.1,0.01", "learning_rate", [0.1, 0.01]),
        ("learning_rate=log(1e-4,1e-1,4)", "learning_rate", "log(1e-4,1e-1,4)"),
        ("learning_rate=log(1e-4,1e-1,4),1", "learning_rate", ["log(1e-4,1e-1,4)", 1]),
        ("activation=relu", "activation", "relu"),
        ("activation=relu, elu(alpha=1, beta=2)", "activation", ["relu", "elu(alpha=1, beta=2)"]),
        ("model=mlp(hidden=[128, 64]),cnn", "model", ["mlp(hidden=[128, 64])", "cnn"]),
        ("train_samples=null", "train_samples", None),
        ("train_samples=100,null", "train_samples", [100, None]),
        ("epochs=[1, 2]", "epochs", [1, 2]),
        ("cases=[{activation: relu}]", "cases", [{"activation": "relu"}]),
        ("dataset='a,b'", "dataset", "a,b"),
        ('dataset="1"', "dataset", "1"),
        ("dataset=a=b", "dataset", "a=b"),
        ("unknown=[1, 2", "unknown", "[1, 2"),
        ("a: b=[1]", "a: b", "[1]"),
    ],
)
def test_what_set_gives(given: str, key: str, value: Any) -> None:
    ((found, override),) = parse_overrides([given], SET_KEYS).items()
    assert (found, override.value) == (key, value)
    assert override.text == given.partition("=")[2].strip()


def test_several_sets() -> None:
    parsed = parse_overrides(["epochs=5", "activation=relu"], SET_KEYS)
    assert {key: override.value for key, override in parsed.items()} == {
        "epochs": 5,
        "activation": "relu",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["epochs"], "--set 'epochs': write KEY=VALUE, as in --set learning_rate=0.01"),
        (["epochs="], "--set 'epochs=': write KEY=VALUE, as in --set learning_rate=0.01"),
        (["=5"], "--set '=5': write KEY=VALUE, as in --set learning_rate=0.01"),
        (
            ["epochs=5", "epochs=5"],
            "--set gives 'epochs' twice. For an axis write all values in one: --set epochs=A,B",
        ),
        (["epochs=5,"], "--set epochs=5,: there is a comma, but no value beside it"),
        (["epochs=,"], "--set epochs=,: there is a comma, but no value beside it"),
        (
            ["epochs=[1, 2"],
            "--set epochs, line 1: expected ',' or ']', but got '<stream end>', "
            "while parsing a flow sequence that starts in line 1\n"
            "    epochs: [1, 2\n                 ^",
        ),
        (
            ["model=[mlp(hidden=[1, 2])]"],
            "--set model, line 1: expected ',' or ']', but got '[', "
            "while parsing a flow sequence that starts in line 1\n"
            "    model: [mlp(hidden=[1, 2])]\n                       ^\n"
            "Inside [ ] or { } quote labels that contain a comma or a bracket:\n"
            '    model: ["mlp(hidden=[1, 2])"]',
        ),
    ],
)
def test_what_set_refuses(given: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_overrides(given, SET_KEYS)
    assert str(caught.value) == message
