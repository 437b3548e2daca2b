import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from bad_configs import NOT_IN_SCHEMA, WRONG, WRONG_VALUES
from config_strategies import configs
from hypothesis import given
from jsonschema import Draft202012Validator

from relu_bench.config import shipped, yaml_source
from relu_bench.config.experiment import from_document
from relu_bench.config.schema import config_schema
from relu_bench.config.settings import FIELDS
from relu_bench.errors import ConfigError

VALIDATOR = Draft202012Validator(config_schema())
CONFIGS = Path(__file__).parent.parent / "configs"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(config_schema())


def test_it_stands_beside_the_shipped_configs() -> None:
    kept = (CONFIGS / "config.schema.json").read_text(encoding="utf-8")
    assert json.loads(kept) == config_schema(), "write it anew with `relu-bench schema`"


@pytest.mark.parametrize("name", [each.name for each in shipped.all_configs()])
def test_shipped_configs_are_valid(name: str) -> None:
    (each,) = (each for each in shipped.all_configs() if each.name == name)
    VALIDATOR.validate(yaml_source.parse(each.text, name).values)


@given(configs())
def test_what_the_config_takes_the_schema_takes(config: dict[str, Any]) -> None:
    text = yaml.safe_dump(config)
    from_document(yaml_source.parse(text, "c.yaml"))
    VALIDATOR.validate(yaml_source.parse(text, "c.yaml").values)


@pytest.mark.parametrize("text", [*WRONG_VALUES, *WRONG])
def test_what_the_config_refuses_the_schema_refuses(text: str) -> None:
    values = yaml_source.parse(text, "c.yaml").values
    assert VALIDATOR.is_valid(values) == (text in NOT_IN_SCHEMA)


@pytest.mark.parametrize("name", ["x", "x" * 40, " ReLU 0.01 ", "$a_b$", "<b>"])
def test_display_names_are_taken_by_both(name: str) -> None:
    document = yaml_source.Document("c.yaml", "", {"labels": {"relu": name}}, {})
    assert VALIDATOR.is_valid(document.values)
    assert from_document(document, default_name="c").labels == {"relu": name.strip()}


def test_an_empty_mapping_is_refused_by_both() -> None:
    assert not VALIDATOR.is_valid({})
    with pytest.raises(ConfigError, match="is empty"):
        yaml_source.parse("{}", "c.yaml")


def test_every_field_is_described_with_its_default_and_names() -> None:
    properties = config_schema()["properties"]
    assert list(properties) == ["experiment", *FIELDS, "cases", "seeds", "labels", "probes"]
    assert properties["learning_rate"]["description"] == (
        "learning rate of the optimizer: a number above 0 and at most 1000; a list makes an axis"
    )
    assert properties["learning_rate"]["default"] == 0.001
    assert "leaky_relu" in properties["activation"]["examples"]
    assert "orthogonal" in properties["initializer"]["examples"]
    assert "orthogonal" not in properties["bias_initializer"]["examples"]
