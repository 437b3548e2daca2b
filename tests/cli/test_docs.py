"""What the documents promise is what the code does."""

import re
from pathlib import Path

import pytest
import typer
from expecting import Invoke

from relu_bench.cli import app
from relu_bench.config import yaml_source
from relu_bench.config.experiment import DEFAULT_SEEDS, from_document, load
from relu_bench.config.plan import make_plan
from relu_bench.config.settings import FIELDS, default_of
from relu_bench.networks import activations, initializers, models, optimizers
from relu_bench.store import columns

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
COMMANDS = {
    command.name or command.callback.__name__: command  # type: ignore[union-attr]
    for command in app.registered_commands
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(name: str) -> None:
    callback = COMMANDS[name].callback
    assert callback is not None
    assert callback.__doc__
    assert f"`relu-bench {name}" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    click_command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    for parameter in click_command.params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name} has no help"


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_config_runs_and_tells_editors_its_schema(path: Path) -> None:
    experiment = load(path)
    assert len(make_plan(experiment)) > 1
    first, second, *_ = path.read_text().splitlines()
    assert re.fullmatch(r"# [A-Z].*\.", first)
    assert second == "# yaml-language-server: $schema=config.schema.json"


@pytest.mark.parametrize(
    "table", [columns.RUNS, columns.EPOCHS, columns.LAYERS, columns.TEST_SAMPLES]
)
def test_every_column_is_explained(table: tuple[columns.Column, ...]) -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert columns.markdown(table) in text


def test_every_default_is_shown() -> None:
    block = re.search(r"```yaml\n(experiment: .*?)```", CONFIG, re.DOTALL)
    assert block is not None
    shown = from_document(yaml_source.parse(block.group(1), "config.md"))
    assert dict(shown.axes) == {field: (default_of(field),) for field in FIELDS}
    assert shown.seeds == tuple(range(DEFAULT_SEEDS))


@pytest.mark.parametrize(
    "name",
    [
        *activations.ACTIVATIONS,
        *initializers.INITIALIZERS,
        *optimizers.OPTIMIZERS,
        *models.MODELS,
    ],
)
def test_every_component_is_named(name: str) -> None:
    tables = CONFIG[CONFIG.index("| what | names |") :]
    assert re.search(rf"\b{name}\b", tables[: tables.index("\n\n")])


def test_the_config_of_the_readme_is_one() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    experiment = from_document(yaml_source.parse(block, "README.md"))
    assert experiment.combinations == 3 * 4 * 2 * 10


def test_the_answer_on_mnist_is_that_of_the_reference_set(invoke: Invoke) -> None:
    said = invoke("compare", str(ROOT / "results/reference"), "--where", "experiment=variants").out
    (block,) = re.findall(r"\$ relu-bench compare mnist\n(.*?)```", README, re.DOTALL)
    # The runs of the reference set are older than test_samples.csv, on which this sentence rests.
    shown, sentences = re.subn(r"On other images like these, [^\n]*\n", "", block)
    assert sentences == 1
    assert shown == said.replace("\N{NO-BREAK SPACE}", " ")


def test_the_tour_is_what_the_first_command_prints(invoke: Invoke) -> None:
    """But for the numbers, and so for the order of the rows."""
    config = str(ROOT / "configs/quickstart.yaml")
    done = invoke("run", config, "--jobs", "1", "--set", "epochs=1")
    (block,) = re.findall(r"has printed this:\n\n```console\n(.*?)```", README, re.DOTALL)
    assert block.startswith("Training 20 runs.\n...\n")
    assert _without_numbers(done.out) == _without_numbers(block.partition("...\n")[2])


def test_the_wrong_config_of_the_tour(invoke: Invoke) -> None:
    config = str(ROOT / "configs/quickstart.yaml")
    said = invoke("run", config, "--set", "activation=rellu").err
    (block,) = re.findall(r"\$ relu-bench run [^\n]* activation=rellu\n(.*?)```", README, re.DOTALL)
    begins, ends = block.split("...")
    assert said.startswith(begins)
    assert said.endswith(ends)


def _without_numbers(text: str) -> list[str]:
    lines = (re.sub(r"\d+\.\d+|\d/5", "#", line) for line in text.splitlines())
    return sorted(" ".join(line.split()) for line in lines if line.strip())


def test_the_gate_runs_the_commands_of_the_readme() -> None:
    gate = (ROOT / ".ci" / "run").read_text()
    for number in (1, 2):
        assert f"<!-- command {number} -->\n```sh\n" in README
        assert f"run_readme_command {number}" in gate


def test_relative_links_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
