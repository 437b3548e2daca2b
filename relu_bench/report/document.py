"""What stands in a report, as data; `rendering` makes HTML of it."""

from __future__ import annotations

from dataclasses import dataclass

from relu_bench.compare import Selection
from relu_bench.report.answering import Asked, Compared, answered, facts
from relu_bench.report.commands import Command, commands
from relu_bench.report.drawings import Drawing, drawings
from relu_bench.report.inside import Inside, inside
from relu_bench.report.origin import Config, configs, environments, tools
from relu_bench.report.outcomes import outcomes
from relu_bench.tables import Table


@dataclass(frozen=True, eq=False)
class Document:
    """A report. Everything is text; nothing in it depends on when it was made.

    Attributes:
        title: of the page.
        facts: one line for each experiment.
        where: the conditions that narrowed the runs.
        notices: what must be known beside every number.
        comparisons: the answers.
        scores: figures of what every run has.
        not_drawn: figures that are not there, and why.
        inside, inside_figures: what the probes saw.
        outcome_words, outcome_tables: how the runs ended.
        configs: what asked for the runs; `more_configs` others do not stand here.
        environments: what the runs were made with.
        tools: what the report was computed with.
        commands: what makes it again.
    """

    title: str
    facts: tuple[str, ...]
    where: tuple[str, ...]
    notices: tuple[str, ...]
    comparisons: tuple[Compared, ...]
    scores: tuple[Drawing, ...]
    not_drawn: tuple[str, ...]
    inside: tuple[Inside, ...]
    inside_figures: tuple[Drawing, ...]
    outcome_words: tuple[str, ...]
    outcome_tables: tuple[Table, ...]
    configs: tuple[Config, ...]
    more_configs: int
    environments: Table
    tools: str
    commands: tuple[Command, ...]


def compose(results: Selection, asked: Asked | None = None) -> Document:
    """Compute and draw everything that a report of these results holds.

    Args:
        results: of `compare.load`.
        asked: what is compared with what; None for what `relu-bench compare` does by itself.

    Raises:
        ReluBenchError: when `asked` names what is not there, or a store is damaged.
    """
    asked = asked or Asked()
    results = results.displayed(everywhere=True)
    # Figures are drawn beside the rest; but what may be refused is to be refused at once.
    begun = drawings(results) if asked == Asked() else None
    comparisons, notices = answered(results, asked)
    drawing, not_drawn = begun or drawings(results)
    measured = inside(results)
    outcome_words, outcome_tables = outcomes(results)
    kept, more = configs(results)
    figures = tuple(drawing)
    return Document(
        title=", ".join(sorted(str(name) for name in results.runs["experiment"].unique())),
        facts=facts(results),
        where=results.where,
        notices=notices,
        comparisons=comparisons,
        scores=tuple(each for each in figures if not each.of_layers),
        not_drawn=not_drawn,
        inside=measured,
        inside_figures=tuple(each for each in figures if each.of_layers),
        outcome_words=outcome_words,
        outcome_tables=outcome_tables,
        configs=kept,
        more_configs=more,
        environments=environments(results),
        tools=tools(),
        commands=commands(results, kept, asked),
    )
