"""The fields of one run, their types, defaults and limits.

`Setting` is one fully resolved combination without its seed. The config, the plan, the CSV columns
and the JSON Schema all take their fields from here.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from relu_bench.components import registry
from relu_bench.components.registry import Component
from relu_bench.data import canonical as canonical_dataset
from relu_bench.networks import activations, initializers, models, optimizers

_SWITCHES = {"on": True, "yes": True, "off": False, "no": False}


def switch(value: object) -> object:
    """A word for on or off as the truth value that it means; anything else as it is."""
    # YAML 1.1, which PyYAML follows, reads these words as true and false, YAML 1.2 as text.
    return _SWITCHES.get(value.lower(), value) if isinstance(value, str) else value


def _positive_zero(value: float) -> float:
    return value + 0.0


def _label(canonical: Callable[[str], str]) -> Any:
    return Annotated[str, AfterValidator(canonical)]


def _described(meaning: str, allowed: str, default: Any, **limits: Any) -> Any:
    return Field(default, description=meaning, json_schema_extra={"allowed": allowed}, **limits)


_Share = Annotated[float, AfterValidator(_positive_zero)]
_Switch = Annotated[bool, BeforeValidator(switch)]
_SplitSeed = Annotated[int, Field(ge=0, lt=2**32)] | Literal["seed"]
_COUNT = {"ge": 1, "le": 10_000_000}


class Setting(BaseModel):
    """One value for every field; labels are canonical."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", protected_namespaces=())

    dataset: _label(canonical_dataset) = _described(  # type: ignore[valid-type]
        "what is learned", "a data set, such as mnist or digits, or the path of a folder", "mnist"
    )
    model: _label(models.canonical) = _described(  # type: ignore[valid-type]
        "the network",
        "a model, such as mlp(hidden=[128, 64]), mlp(width=128, depth=20) or cnn",
        "mlp(hidden=[128, 64])",
    )
    activation: _label(activations.canonical) = _described(  # type: ignore[valid-type]
        "activation of every hidden layer",
        "an activation, such as relu, leaky_relu(negative_slope=0.01) or my_module.py:my_function",
        "relu",
    )
    output_activation: _label(activations.canonical_in_table) = _described(  # type: ignore[valid-type]
        "activation of the output layer, in front of its softmax",
        "an activation of the table, such as relu; identity for none",
        "identity",
    )
    initializer: _label(initializers.canonical) = _described(  # type: ignore[valid-type]
        "initializer of every kernel",
        "an initializer, such as he_normal or random_normal(mean=0.0, stddev=0.05)",
        "glorot_uniform",
    )
    bias_initializer: _label(initializers.canonical_for_bias) = _described(  # type: ignore[valid-type]
        "initializer of every bias",
        "an initializer for biases, such as zeros or constant(value=0.1)",
        "zeros",
    )
    recurrent_initializer: _label(initializers.canonical_for_recurrent) = _described(  # type: ignore[valid-type]
        "initializer of a recurrent network's kernel from step to step",
        "an initializer, such as orthogonal, identity(gain=1.0) or random_normal(stddev=0.001)",
        initializers.canonical_for_recurrent("orthogonal"),
    )
    learning_rate: _Share = _described(
        "learning rate of the optimizer", "a number above 0 and at most 1000", 0.001, gt=0, le=1000
    )
    batch_norm: _Switch = _described(
        "batch normalization before each activation", "true or false", False
    )
    batch_norm_momentum: _Share = _described(
        "momentum of its moving statistics", "a number from 0 to below 1", 0.99, ge=0, lt=1
    )
    optimizer: _label(optimizers.canonical) = _described(  # type: ignore[valid-type]
        "the optimizer, without its learning rate",
        "an optimizer, such as adam or sgd(momentum=0.9)",
        optimizers.canonical("adam"),
    )
    gradient_clip_norm: _Share | None = _described(
        "greatest norm of the gradient of all weights together; a longer one is scaled down",
        "a number above 0 and at most 1000000, or null",
        None,
        gt=0,
        le=1_000_000,
    )
    batch_size: int = _described("samples a step", "an integer from 1 to 10000000", 128, **_COUNT)
    epochs: int = _described(
        "passes over the training part", "an integer from 1 to 100000", 10, ge=1, le=100_000
    )
    dropout: _Share = _described(
        "share of units dropped behind each activation",
        "a number from 0 to below 1",
        0.0,
        ge=0,
        lt=1,
    )
    dropout_kind: Literal["standard", "alpha"] = _described(
        "how units are dropped", "standard or alpha", "standard"
    )
    validation_split: _Share = _described(
        "share of the training images held out", "a number from 0 to below 1", 0.2, ge=0, lt=1
    )
    split_seed: _SplitSeed = _described(
        "seed of that split; `seed` draws it anew for each seed",
        "an integer from 0 to 2**32 - 1, or the word seed",
        0,
    )
    train_samples: Annotated[int, Field(**_COUNT)] | None = _described(
        "cap on the training part, after the split", "an integer from 1 to 10000000, or null", None
    )


FIELDS = tuple(Setting.model_fields)
LABEL_FIELDS = tuple(name for name, rule in Setting.model_fields.items() if rule.annotation is str)
"""The fields that hold a label; their values can have a display name."""
NUMERIC_FIELDS = (
    "learning_rate",
    "batch_norm_momentum",
    "gradient_clip_norm",
    "batch_size",
    "epochs",
    "dropout",
    "validation_split",
    "split_seed",
    "train_samples",
)


TABLES: Mapping[str, Mapping[str, Component]] = {
    "model": models.MODELS,
    "activation": activations.ACTIVATIONS,
    "output_activation": activations.ACTIVATIONS,
    "initializer": initializers.FOR_KERNEL,
    "bias_initializer": initializers.FOR_BIAS,
    "recurrent_initializer": initializers.INITIALIZERS,
    "optimizer": optimizers.OPTIMIZERS,
}
"""The components that a field's label may name; a data set may be a path instead."""


def recognize(field: str, text: str) -> str:
    """The label that is meant by `text` in a field, in any spelling (`components.recognize`).

    Raises:
        LabelError: when the field takes a component, and none or several can be meant.
    """
    table = TABLES.get(field)
    return text if table is None else str(registry.recognize(text, table, field.replace("_", " ")))


def taken(field: str, value: Any) -> tuple[Any, ...]:
    """The value as a run has it, typed and canonical; none where it is not allowed."""
    try:
        return (getattr(Setting.model_validate({field: value}), field),)
    except ValidationError:
        return ()


def default_of(field: str) -> Any:
    """The default of a field."""
    return Setting.model_fields[field].default


def allowed(field: str) -> str:
    """What a field takes, in words."""
    extra = Setting.model_fields[field].json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["allowed"])
