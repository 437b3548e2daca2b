import csv
import io
import json
import math
from pathlib import Path

import pandas as pd
import pytest
from fake_costs import cost, some_costs

from relu_bench import speed
from relu_bench.errors import StoreError

COLUMNS = [
    "activation",
    "size",
    "elements",
    "mode",
    "passes",
    "rounds",
    "applications",
    "median_ns",
    "low_ns",
    "high_ns",
    "relu_ratio",
    "ratio_low",
    "ratio_high",
    "processor",
    "relu_bench_version",
    "tensorflow_version",
    "keras_version",
    "numpy_version",
]


def test_a_table_for_each_size_and_pass_the_cheapest_first() -> None:
    found = speed.tables_of(some_costs())
    assert [table.caption for table in found] == [
        "cache (32,768 elements), forward, ns an element",
        "cache (32,768 elements), forward+backward, ns an element",
    ]
    assert found[0].rows == (
        ("relu", "0.0412 ±5%", "1.00", "2.71 ±5%", "1.00", "0.339 ±5%", "1.00"),
        ("elu(alpha=0.1)", "0.124 ±5%", "3.00", "8.13 ±5%", "3.00", "1.02 ±5%", "3.00"),
    )


@pytest.mark.parametrize(
    ("median", "text"),
    [
        (0.01234, "0.0123"),
        (0.00123, "0.0012"),
        (0.999, "0.999"),
        (1.0, "1.00"),
        (12.345, "12.3"),
        (99.96, "100"),
        (334.4, "334"),
        (12345.6, "12346"),
        (0.0, "0.00"),
        (-0.0123, "-0.0123"),
    ],
)
def test_three_digits_and_no_exponent(median: float, text: str) -> None:
    (table,) = speed.tables_of([cost("relu", median_ns=median, low_ns=math.nan)])
    assert table.rows[0][1] == text


def test_the_interval_is_given_by_its_farther_end() -> None:
    rows = speed.tables_of([cost("relu", median_ns=1.0, low_ns=0.95, high_ns=1.101)])[0].rows
    assert rows[0][1] == "1.00 ±11%"


def test_what_was_not_measured_stays_empty() -> None:
    rows = speed.tables_of([cost("relu"), cost("relu", mode="eager", relu_ratio=math.nan)])[0].rows
    assert rows == (("relu", "1.00 ±5%", "1.00", "1.00 ±5%", "", "", ""),)


def test_csv_and_json_hold_the_same() -> None:
    costs = [*some_costs(), cost("tanh", low_ns=math.nan, high_ns=math.nan)]
    rows = list(csv.DictReader(io.StringIO(speed.to_csv(costs))))
    objects = json.loads(speed.to_json(costs), parse_constant=pytest.fail)
    assert len(rows) == len(objects) == len(costs)
    for row, each in zip(rows, objects, strict=True):
        assert list(row) == list(each) == COLUMNS
        assert row == {key: "" if value is None else str(value) for key, value in each.items()}
    assert objects[-1]["low_ns"] is None
    assert objects[0]["median_ns"] == some_costs()[0].median_ns
    assert objects[0]["tensorflow_version"]


def test_the_file_is_read_by_pandas_without_options(tmp_path: Path) -> None:
    speed.make_folder(tmp_path / "a" / "b")
    path = speed.write(some_costs(), tmp_path / "a" / "b")
    table = pd.read_csv(path)
    assert list(table.columns) == COLUMNS
    assert table["median_ns"].tolist() == [each.median_ns for each in some_costs()]
    assert table["activation"].tolist() == [each.activation for each in some_costs()]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        StoreError, match=r"file cannot be written \(Not a directory\).*--out FOLDER"
    ):
        speed.make_folder(tmp_path / "file")
    with pytest.raises(StoreError, match=r"has the name of a file, .*: --out .*/speed$"):
        speed.make_folder(tmp_path / "speed.csv")
    (tmp_path / "speed.csv").mkdir()
    with pytest.raises(StoreError, match=r"speed.csv cannot be written \(Is a directory\)"):
        speed.write(some_costs(), tmp_path)


def test_markdown_is_whole() -> None:
    lines = speed.to_markdown(some_costs()).splitlines()
    assert lines[0] == f"{speed.conditions()}."
    assert lines[2:8] == [
        "**cache (32,768 elements), forward, ns an element**",
        "",
        "| activation | compiled | ×relu | eager | ×relu | NumPy | ×relu |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| `relu` | 0.0412 ±5% | 1.00 | 2.71 ±5% | 1.00 | 0.339 ±5% | 1.00 |",
        "| `elu(alpha=0.1)` | 0.124 ±5% | 3.00 | 8.13 ±5% | 3.00 | 1.02 ±5% | 3.00 |",
    ]
    assert lines[-2:] == speed.explanations(some_costs())


def test_the_explanations_say_what_is_special() -> None:
    assert speed.explanations(some_costs()) == [
        "Medians of 9 rounds. ±: farther end of the 95 % interval by order statistics.",
        "×relu: median of the ratio to relu in the same round.",
    ]
    assert speed.explanations([cost("relu", rounds=1, low_ns=math.nan)])[0] == (
        "Medians of 1 round. No intervals: they take six rounds."
    )
    assert speed.explanations([cost("relu"), cost("rrelu", elements=128)])[-1] == (
        "The slowest were measured on fewer elements: see `elements` in the CSV."
    )
