"""Plans: identity of runs, their order, planning with data, and shards."""

import hashlib
import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from config_strategies import configs
from hypothesis import assume, given
from hypothesis import strategies as st
from idx_folders import write_idx_folder

from relu_bench import data
from relu_bench.components.registry import Parameter
from relu_bench.config import plan, shards, yaml_source
from relu_bench.config.experiment import Experiment, from_document
from relu_bench.config.plan import Spec, make_plan, varying
from relu_bench.config.planning import Planned, plan_configs, ready_data
from relu_bench.config.settings import FIELDS, TABLES, Setting
from relu_bench.config.shards import Shard
from relu_bench.errors import ConfigError, DataError, ReluBenchError
from relu_bench.store.columns import SPEC, names


def plan_of(config: dict[str, Any]) -> tuple[Spec, ...]:
    text = yaml.safe_dump(config, sort_keys=False)
    return make_plan(from_document(yaml_source.parse(text, "c.yaml")))


def ids_of(specs: tuple[Spec, ...]) -> list[str]:
    return [spec.run_id for spec in specs]


GOLDEN: list[tuple[str, dict[str, Any]]] = [
    ("r61842e443980", {}),
    ("r72d34713ef71", {"seed": 1}),
    (
        "r571c4c89d21e",
        {"dataset": "fashion_mnist", "activation": "leaky_relu(negative_slope=0.01)"},
    ),
    (
        "rf3e9587e3e86",
        {
            "model": "mlp(depth=20, width=128)",
            "activation": "prelu(initial=0.25)",
            "initializer": "he_normal",
        },
    ),
    (
        "r8c2a746ba311",
        {
            "model": "cnn",
            "batch_norm": True,
            "epochs": 5,
            "optimizer": "sgd(momentum=0.9, nesterov=true)",
        },
    ),
    (
        "r44ef1cdd79e5",
        {
            "initializer": "variance_scaling(distribution=uniform, mode=fan_in, scale=0.3333)",
            "bias_initializer": "constant(value=0.1)",
            "learning_rate": 0.1,
        },
    ),
    (
        # In 0.1.0, before draws had a numerics revision of their own: r2058e28c17bd.
        "rd659104a8262",
        {
            "activation": "selu",
            "initializer": "lecun_normal",
            "dropout": 0.1,
            "dropout_kind": "alpha",
            "split_seed": "seed",
        },
    ),
    (
        "r4df58bac263a",
        {"dataset": "digits", "train_samples": 500, "validation_split": 0.0, "batch_size": 32},
    ),
    ("r476a73291a27", {"dataset": "./letters", "data_fingerprint": "ab" * 32}),
]


@pytest.mark.parametrize(("run_id", "fields"), GOLDEN)
def test_golden_run_ids(run_id: str, fields: dict[str, Any]) -> None:
    """Stores of earlier releases hold these: a change needs a new numerics revision."""
    assert Spec(**{"seed": 0, **fields}).run_id == run_id


def test_a_run_id_is_the_hash_of_the_resolved_fields() -> None:
    identity = (
        '{"activation":"relu","batch_norm":false,"batch_norm_momentum":0.99,"batch_size":128,'
        '"bias_initializer":"zeros","dataset":"mnist","dropout":0.0,"dropout_kind":"standard",'
        '"epochs":10,"initializer":"glorot_uniform","learning_rate":0.001,'
        '"model":"mlp(hidden=[128, 64])","numerics":1,'
        '"optimizer":"adam(amsgrad=false, beta_1=0.9, beta_2=0.999, epsilon=1e-07)","seed":0,'
        '"split_seed":0,"train_samples":null,"validation_split":0.2}'
    )
    assert Spec(seed=0).run_id == "r" + hashlib.sha256(identity.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", 1),
        ("dataset", "digits"),
        ("model", "cnn"),
        ("activation", "silu"),
        ("output_activation", "relu"),
        ("initializer", "he_normal"),
        ("bias_initializer", "ones"),
        ("learning_rate", 0.0011),
        ("batch_norm", True),
        ("batch_norm_momentum", 0.9),
        ("optimizer", "lion"),
        ("batch_size", 64),
        ("epochs", 11),
        ("dropout", 0.5),
        ("dropout_kind", "alpha"),
        ("validation_split", 0.1),
        ("split_seed", 1),
        ("split_seed", "seed"),
        ("train_samples", 100),
        ("data_fingerprint", "ab"),
    ],
)
def test_every_field_is_part_of_the_identity(field: str, value: Any) -> None:
    assert Spec(**{"seed": 0, field: value}).run_id != Spec(seed=0).run_id


def test_a_folder_is_known_by_its_content() -> None:
    here, there = (Spec(seed=0, dataset=name, data_fingerprint="ab") for name in ("./a", "/b/a"))
    assert here.run_id == there.run_id


def test_what_is_added_later_keeps_old_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "ADDED_LATER", frozenset({"dropout_kind"}))
    changed = Spec(seed=0, dropout_kind="alpha").run_id
    without = Spec(seed=0).run_id
    monkeypatch.setattr(plan, "ADDED_LATER", frozenset())
    assert changed == Spec(seed=0, dropout_kind="alpha").run_id
    assert without != Spec(seed=0).run_id

    rules = TABLES["activation"]["elu"].parameters
    old = Spec(seed=0, activation="elu(alpha=1.0)").run_id
    monkeypatch.setitem(rules, "later", Parameter("integer", 1, added_later=True))  # type: ignore[arg-type]
    assert Spec(seed=0, activation="elu(later=1)").activation == "elu(alpha=1.0)"
    assert Spec(seed=0, activation="elu").run_id == old
    assert Spec(seed=0, activation="elu(later=2)").run_id != old


def test_the_order_is_that_of_the_fields_and_seeds_vary_fastest() -> None:
    specs = plan_of({"seeds": 2, "learning_rate": [0.1, 0.01], "activation": ["relu", "elu"]})
    assert [(s.activation, s.learning_rate, s.seed) for s in specs] == list(
        itertools.product(("relu", "elu(alpha=1.0)"), (0.1, 0.01), (0, 1))
    )


def test_cases_are_multiplied_with_the_axes() -> None:
    specs = plan_of(
        {
            "epochs": [1, 2],
            "dropout": 0.1,
            "cases": [
                {"activation": "selu", "dropout_kind": "alpha"},
                {"activation": ["relu", "elu"], "dropout": 0.2},
            ],
            "seeds": [5],
        }
    )
    assert [(s.activation, s.epochs, s.dropout, s.dropout_kind, s.seed) for s in specs] == [
        ("selu", 1, 0.1, "alpha", 5),
        ("selu", 2, 0.1, "alpha", 5),
        ("relu", 1, 0.2, "standard", 5),
        ("relu", 2, 0.2, "standard", 5),
        ("elu(alpha=1.0)", 1, 0.2, "standard", 5),
        ("elu(alpha=1.0)", 2, 0.2, "standard", 5),
    ]


def test_duplicates_are_removed() -> None:
    config = {
        "activation": ["silu", "swish", "silu()"],
        "learning_rate": [1, 1.0, "lin(1, 2, 2)"],
        "seeds": 2,
    }
    specs = plan_of(config)
    assert [(s.learning_rate, s.seed) for s in specs] == [(1.0, 0), (1.0, 1), (2.0, 0), (2.0, 1)]
    same = {"cases": [{"activation": "relu"}, {"activation": ["relu", "elu"]}], "seeds": 1}
    assert [spec.activation for spec in plan_of(same)] == ["relu", "elu(alpha=1.0)"]


def test_folders_with_the_same_content_are_one_data_set() -> None:
    experiment = Experiment("e", {"dataset": ("./a", "./b", "./c", "mnist")}, seeds=(0,))
    contents = {"./a": "11", "./b": "11", "./c": "22", "mnist": None}
    specs = make_plan(experiment, contents.__getitem__)
    assert [(s.dataset, s.data_fingerprint) for s in specs] == [
        ("./a", "11"),
        ("./c", "22"),
        ("mnist", None),
    ]


def test_varying() -> None:
    experiment = Experiment(
        "e",
        {"epochs": (1, 2, 1), "dropout": (0.5, 0.5), "learning_rate": (0.1,)},
        cases=({"activation": ("selu",)}, {"activation": ("relu",), "batch_norm": (True,)}),
    )
    assert varying(experiment) == {
        "activation": ("selu", "relu"),
        "batch_norm": (False, True),
        "epochs": (1, 2),
    }


@given(configs(), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(config: dict[str, Any], random: Any) -> None:
    shuffled = dict(random.sample(list(config.items()), len(config)))
    if "cases" in config:
        shuffled["cases"] = [
            dict(random.sample(list(case.items()), len(case))) for case in config["cases"]
        ]
    assert plan_of(shuffled) == plan_of(config)


@given(configs())
def test_a_plan_has_each_run_once_with_an_id_of_its_own(config: dict[str, Any]) -> None:
    specs = plan_of(config)
    assert len(set(specs)) == len(set(ids_of(specs))) == len(specs)
    experiment = from_document(yaml_source.parse(yaml.safe_dump(config), "c.yaml"))
    assert 1 <= len(specs) <= experiment.combinations
    assert len(specs) % len(experiment.seeds) == 0
    assert specs == tuple(Spec.model_validate(dict(spec)) for spec in specs)


@given(configs())
def test_the_size_is_that_of_the_cross_product(config: dict[str, Any]) -> None:
    assume("cases" not in config)
    experiment = from_document(yaml_source.parse(yaml.safe_dump(config), "c.yaml"))
    size = len(experiment.seeds)
    for values in experiment.axes.values():
        size *= len(set(values))
    assert len(make_plan(experiment)) == size


@given(configs(), st.sampled_from([0.125, 0.25, 0.5]))
def test_another_value_or_seed_keeps_the_other_ids(config: dict[str, Any], value: float) -> None:
    assume(not any("dropout" in case for case in config.get("cases", ())))
    before = dict.fromkeys(ids_of(plan_of(config)))
    given_values = config.get("dropout", 0.0)
    axis = given_values if isinstance(given_values, list) else [given_values]
    wider = {**config, "dropout": [*axis, value]}
    assert before.keys() <= set(ids_of(plan_of(wider)))

    seeds = config.get("seeds", 10)
    more = seeds + 1 if isinstance(seeds, int) else [*seeds, (max(seeds) + 1) % 2**32]
    assume(isinstance(more, int) or len(set(more)) == len(more))
    assert before.keys() < set(ids_of(plan_of({**config, "seeds": more})))


@given(configs())
def test_the_name_does_not_change_an_id(config: dict[str, Any]) -> None:
    renamed = {**config, "experiment": "another"}
    assert ids_of(plan_of(renamed)) == ids_of(plan_of(config))


@given(configs())
def test_a_program_serves_runs_that_differ_in_its_variables_only(config: dict[str, Any]) -> None:
    apart = {"initializer", "bias_initializer", "learning_rate", "epochs", "split_seed"}
    for one, other in itertools.pairwise(plan_of(config)):
        differing = {field for field in FIELDS if getattr(one, field) != getattr(other, field)}
        assert (one.program_key == other.program_key) == (differing <= apart)


def test_programs_differ_by_the_content_of_a_folder() -> None:
    one, other = (Spec(seed=0, dataset="./a", data_fingerprint=mark) for mark in ("1", "2"))
    assert one.program_key != other.program_key


def test_the_seed_of_the_split() -> None:
    assert Spec(seed=7, split_seed=3).effective_split_seed == 3
    assert Spec(seed=7, split_seed="seed").effective_split_seed == 7


def test_a_row_has_the_columns_of_the_store() -> None:
    row = Spec(seed=7).row()
    assert tuple(row) == names(SPEC)
    assert row["split_seed"] == "0"
    assert json.loads(json.dumps(row)) == row


def test_a_spec_is_hashable_and_frozen() -> None:
    assert len({Spec(seed=0), Spec(seed=0), Spec(seed=1)}) == 2
    with pytest.raises(ValueError, match="frozen"):
        Spec(seed=0).seed = 1  # type: ignore[misc]
    assert set(Setting.model_fields) == set(FIELDS)


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


def plan_of_batches(name: str, batches: list[int], seeds: list[int]) -> Planned:
    experiment = Experiment(name, {"batch_size": tuple(batches)}, seeds=tuple(seeds))
    return Planned(experiment, make_plan(experiment))


def runs_of(planned: tuple[Planned, ...]) -> list[str]:
    """The distinct runs of a call."""
    return list(dict.fromkeys(spec.run_id for each in planned for spec in each.specs))


NUMBERS = st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True)
PLANS = st.lists(
    st.builds(plan_of_batches, st.sampled_from("ab"), NUMBERS, NUMBERS), min_size=1, max_size=3
)


@given(plans=PLANS, count=st.integers(1, 9))
def test_parts_are_disjoint_even_and_together_the_whole(plans: list[Planned], count: int) -> None:
    parts = [shards.cut(plans, Shard(index, count)) for index in range(1, count + 1)]
    runs = [runs_of(part) for part in parts]
    assert sorted(run for part in runs for run in part) == sorted(runs_of(tuple(plans)))
    sizes = [len(part) for part in runs]
    assert max(sizes) - min(sizes) <= 1
    for place, each in enumerate(plans):
        asked = [spec for part in parts for spec in part[place].specs]
        assert sorted(spec.run_id for spec in asked) == sorted(spec.run_id for spec in each.specs)
        assert all(part[place].experiment == each.experiment for part in parts)


@given(plans=PLANS, count=st.integers(1, 9))
def test_no_more_programs_than_cuts_are_compiled_twice(plans: list[Planned], count: int) -> None:
    parts = [shards.cut(plans, Shard(index, count)) for index in range(1, count + 1)]
    programs = [{spec.program_key for each in part for spec in each.specs} for part in parts]
    distinct = set().union(*programs)
    assert sum(map(len, programs)) <= len(distinct) + count - 1


def test_where_parts_are_as_many_as_programs_none_is_compiled_twice() -> None:
    plans = [plan_of_batches("a", [1, 2, 3], [0, 1, 2, 3])]
    for index in (1, 2, 3):
        (part,) = shards.cut(plans, Shard(index, 3))
        assert {spec.batch_size for spec in part.specs} == {index}


def test_the_order_of_the_values_does_not_matter_to_the_count() -> None:
    seeds = list(range(20))
    random.Random(0).shuffle(seeds)
    (part,) = shards.cut([plan_of_batches("a", [1], seeds)], Shard(2, 4))
    assert len(part.specs) == 5


def test_more_parts_than_runs_leave_some_empty() -> None:
    parts = [shards.cut([plan_of_batches("a", [1], [0])], Shard(index, 3)) for index in (1, 2, 3)]
    assert [len(part[0].specs) for part in parts] == [0, 0, 1]


def test_pairs_that_are_shards() -> None:
    assert shards.parse("1/1") == Shard(1, 1)
    assert shards.parse("12/40") == Shard(12, 40)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0/4", "there is no shard 0; shards are counted from 1.*--array=1-N"),
        ("0/0", "there is no shard 0"),
        ("5/4", "there is no shard 5 of 4. I goes from 1 to N.*--array=1-N"),
        ("1", "expected I/N, such as 2/8"),
        ("a/b", "expected I/N"),
        ("/", "expected I/N"),
        ("1/", "expected I/N"),
        ("-1/4", "expected I/N"),
        ("1/4/2", "expected I/N"),
        ("²/4", "expected I/N"),
    ],
)
def test_what_is_no_shard_is_told_with_the_remedy(text: str, fault: str) -> None:
    with pytest.raises(ReluBenchError, match=fault) as info:
        shards.parse(text)
    assert info.value.exit_code == 2
