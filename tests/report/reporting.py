"""Stores to report on, and what an HTML parser says of a page."""

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

from fake_results import Row, failed, relu_like, rising, run, write_store

from relu_bench import compare
from relu_bench.report import Asked, Document, compose
from relu_bench.store.plans import KeptPlan, keep

HOSTILE = "<script>document.title='owned'</script>"
HOSTILE_LABEL = "relu\"'><img src=x onerror=alert(1)>]]>&amp;{{ 7 * 7 }}"
_VOID = {"meta", "link", "wbr", "br", "img", "hr"}


def pairs_of(
    activations: Sequence[str] = ("relu", "tanh"), seeds: int = 3, **given: object
) -> list[Row]:
    """Runs in which each activation is better than the one before."""
    return [
        run(
            activation=name,
            seed=seed,
            test=0.95 + 0.01 * place + 0.001 * seed * (place + 1),
            **given,
        )
        for place, name in enumerate(activations)
        for seed in range(seeds)
    ]


def with_failures() -> list[Row]:
    """Runs of two activations of which some diverged, one stayed at chance and one failed."""
    return [
        *pairs_of(),
        run(activation="tanh", seed=3, outcome="diverged"),
        run(activation="relu", seed=3, outcome="at_chance", test=0.1),
        {**failed(activation="relu", seed=4), "error": "memory ran out"},
    ]


def store_of(folder: Path, rows: Sequence[Row], *, probed: bool = True) -> Path:
    """A store on disk with the plan that asked for the rows."""
    done = [row for row in rows if row["status"] == "completed"]
    write_store(
        folder,
        rows,
        [epoch for row in done for epoch in rising(row)],
        [layer for row in done for layer in relu_like(row, died=2.0, revived=1.0)]
        if probed
        else [],
    )
    activations = list(dict.fromkeys(row["activation"] for row in rows))
    seeds = sorted({row["seed"] for row in rows})
    experiment = str(rows[0]["experiment"])
    config = {"activation": activations, "experiment": experiment, "seeds": seeds}
    keep(folder, KeptPlan(experiment, config, tuple(row["run_id"] for row in rows)))
    return folder


def document_of(folder: Path, where: Sequence[str] = (), **asked: object) -> Document:
    """The document of a store."""
    return compose(compare.load([folder], where), Asked(**asked))  # type: ignore[arg-type]


class Page(HTMLParser):
    """A page read strictly: every element that is opened is closed in its turn.

    Attributes:
        elements: tag and attributes of each element, in order.
        texts: the text of the elements of each tag, in order of their ends.
        declared: of `<!DOCTYPE ...>`.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.declared: list[str] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {[tag for tag, _ in self._open]}"

    def ids(self) -> list[str]:
        return [str(given["id"]) for _, given in self.elements if "id" in given]

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.elements if name == tag]

    def handle_decl(self, decl: str) -> None:
        self.declared.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append((tag, []))

    def handle_data(self, data: str) -> None:
        for _, texts in self._open:
            texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        name, texts = self._open.pop()
        assert name == tag, f"<{name}> is closed by </{tag}>"
        self.texts.setdefault(tag, []).append("".join(texts))
