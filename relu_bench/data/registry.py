"""The data sets that are known by name: a literal table."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from relu_bench.components.labels import Label
from relu_bench.components.registry import Parameter
from relu_bench.data import copying, digits
from relu_bench.data.dataset import Dataset, DatasetInfo
from relu_bench.data.entry import Row
from relu_bench.data.imdb import IMDB
from relu_bench.data.known import EMNIST_SPLITS, KNOWN
from relu_bench.data.movielens import MOVIELENS
from relu_bench.data.movielens import NAME as MOVIELENS_NAME
from relu_bench.data.places import find, keras_cache, own_places
from relu_bench.data.sources import load_known
from relu_bench.data.synthetic_ratings import NAME as SYNTHETIC
from relu_bench.data.synthetic_ratings import SYNTHETIC_RATINGS

EMBEDDED = "embedded, needs no network"


def _info(label: Label) -> DatasetInfo:
    return KNOWN[str(label)].info


def _load(label: Label, data_dir: Path | None, fetch: bool) -> Dataset:
    return load_known(KNOWN[str(label)], data_dir, fetch=fetch)


def _place(label: Label, data_dir: Path | None) -> str | None:
    for place in (*own_places(data_dir), keras_cache()):
        location = find(KNOWN[str(label)], place)
        if location is not None:
            return str(location.path)
    return None


_known = partial(Row, info=_info, load=_load, place=_place, copy=copying.copy_to)

DATASETS: Mapping[str, Row] = {
    "mnist": _known(),
    "fashion_mnist": _known(),
    "kmnist": _known(fetched=False),
    "emnist": _known(
        parameters={"split": Parameter("word", "balanced", choices=tuple(EMNIST_SPLITS))},
        fetched=False,
    ),
    "cifar10": _known(),
    digits.INFO.name: Row(
        info=lambda label: digits.INFO,
        load=lambda label, data_dir, fetch: digits.load_digits(),
        place=lambda label, data_dir: EMBEDDED,
    ),
    "imdb": IMDB,
    MOVIELENS_NAME: MOVIELENS,
    SYNTHETIC: SYNTHETIC_RATINGS,
}
