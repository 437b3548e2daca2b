import difflib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from config_strategies import ONE_VALUE, configs
from hypothesis import given

from relu_bench.config import yaml_source
from relu_bench.config.experiment import (
    FIELDS,
    MOST_RUNS,
    Experiment,
    from_document,
    load,
    with_defaults,
)
from relu_bench.config.settings import Setting
from relu_bench.errors import ConfigError


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


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", "0"),
        ("learning_rate", "-1"),
        ("learning_rate", "1001"),
        ("learning_rate", "'0.1'"),
        ("learning_rate", "true"),
        ("learning_rate", "1e999"),
        ("learning_rate", ".nan"),
        ("learning_rate", "null"),
        ("learning_rate", "{a: 1}"),
        ("batch_norm", "1"),
        ("batch_norm", "maybe"),
        ("batch_norm_momentum", "1"),
        ("batch_size", "0"),
        ("batch_size", "1.5"),
        ("batch_size", "1e3"),
        ("batch_size", "true"),
        ("batch_size", "10000001"),
        ("epochs", "0"),
        ("epochs", "100001"),
        ("dropout", "1"),
        ("dropout", "-0.1"),
        ("dropout_kind", "gaussian"),
        ("validation_split", "1"),
        ("split_seed", "-1"),
        ("split_seed", "4294967296"),
        ("split_seed", "random"),
        ("train_samples", "0"),
        ("activation", "3"),
        ("activation", "null"),
        ("model", "true"),
    ],
)
def test_wrong_types_and_ranges_say_what_is_allowed(field: str, value: str) -> None:
    message = error_of(f"# one\n# two\n{field}: {value}")
    first, allowed, *rest = message.splitlines()
    assert first.startswith(f"c.yaml, line 3, {field}: ")
    assert first.endswith(" is not allowed")
    assert allowed.startswith("  Allowed: ")
    assert rest == [f"    {field}: {value}", " " * (len(field) + 6) + "^"]


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("seeds: []", "c.yaml, line 1, seeds: [] is no number of seeds\n  Allowed: "),
        ("seeds: 0", "c.yaml, line 1, seeds: 0 is no number of seeds\n  Allowed: "),
        ("seeds: 1.0", "c.yaml, line 1, seeds: 1.0 is no number of seeds\n  Allowed: "),
        ("seeds: true", "c.yaml, line 1, seeds: true is no number of seeds\n  Allowed: "),
        ("seeds: 100001", "c.yaml, line 1, seeds: 100001 is no number of seeds\n  Allowed: "),
        (
            "seeds: [0, -1]",
            "c.yaml, line 1, seeds: -1 is no seed, from 0 to 2**32 - 1\n  Allowed: ",
        ),
        ("seeds: [[0]]", "c.yaml, line 1, seeds: [0] is no seed, from 0 to 2**32 - 1\n  Allowed: "),
        ("seeds: [3, 1, 3]", "c.yaml, line 1, seeds: the seed 3 is given twice\n  Allowed: "),
        ("cases: []", "c.yaml, line 1, cases: [] is no list of cases\n  Allowed: "),
        ("cases: relu", "c.yaml, line 1, cases: 'relu' is no list of cases\n  Allowed: "),
        ("cases: [relu]", "c.yaml, line 1, cases: 'relu' is no group of fields\n  Allowed: "),
        ("cases: [{}]", "c.yaml, line 1, cases: {} is no group of fields\n  Allowed: "),
        ("cases: [{seeds: 3}]", "c.yaml, line 1, cases.seeds: there is no field 'seeds'."),
        (
            "cases: [{epoch: 3}]",
            "c.yaml, line 1, cases.epoch: there is no field 'epoch'. Did you mean 'epochs'? ",
        ),
        (
            "cases: [{activation: []}]",
            "c.yaml, line 1, cases.activation: an empty list has no value to run\n  Allowed: ",
        ),
        (
            "dataset: minst",
            "c.yaml, line 1, dataset: Unknown data set 'minst'. Did you mean mnist?",
        ),
        ("learning_rate: log(1,2)", "c.yaml, line 1, learning_rate: 'log(1,2)' is no spacing: "),
        ("learning_rate: [[0.1]]", "c.yaml, line 1, learning_rate: [0.1] is not allowed\n"),
        ("learning_rate: lin(-1,1,3)", "c.yaml, line 1, learning_rate: -1 is not allowed\n"),
    ],
)
def test_further_errors(text: str, beginning: str) -> None:
    assert error_of(text).startswith(beginning)


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
def test_only_errors_that_can_be_shown_are_looked_into(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    close = difflib.get_close_matches
    monkeypatch.setattr(
        difflib, "get_close_matches", lambda *given, **how: looked.append(0) or close(*given, **how)
    )
    message = error_of(*DEMANDING[name])
    assert len(looked) <= 250
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
