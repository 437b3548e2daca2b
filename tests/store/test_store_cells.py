import io
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas._libs.parsers import STR_NA_VALUES

from relu_bench.errors import StoreError
from relu_bench.store.cells import (
    LONGEST_TEXT,
    MISSING_TOKENS,
    Value,
    cell,
    cells_of,
    clean,
    line,
    text_of,
)
from relu_bench.store.columns import Column, Kind

TEXT = Column("error", "text", "")
INTEGER = Column("seed", "integer", "")
NUMBER = Column("learning_rate", "number", "")
BOOLEAN = Column("batch_norm", "boolean", "")

tricky_text = st.one_of(
    st.text(st.characters()),
    st.text("'=+-@\t\"\n\r, Naul", max_size=8),
    st.sampled_from(sorted(MISSING_TOKENS)).map(lambda token: f"'{token}"),
    st.sampled_from(sorted(MISSING_TOKENS)),
)


def test_missing_tokens_are_those_of_pandas() -> None:
    assert {*MISSING_TOKENS, ""} == STR_NA_VALUES


@given(tricky_text)
def test_text_reads_back(text: str) -> None:
    assert text_of(cell(TEXT, text)) == clean(text)


@given(tricky_text.filter(bool))
def test_no_text_is_a_formula_or_missing(text: str) -> None:
    written = cell(TEXT, text)
    assert written[0] not in "=+-@\t＝＋－＠"
    assert not pd.read_csv(io.BytesIO(line(["a", "b"]) + line([written, "x"]))).isna().any().any()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])), min_size=2))
def test_line_is_one_line_and_reads_back(cells: list[str]) -> None:
    written = line(cells)
    assert written.count(b"\n") == 1
    assert cells_of(written) == cells


@pytest.mark.parametrize(
    ("given_text", "written"),
    [
        ("relu()", "relu()"),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-1", "'-1"),
        ("\tx", "'\tx"),
        ("＝1", "'＝1"),
        ("NA", "'NA"),
        ("'NA", "''NA"),
        ("NAB", "NAB"),
        ("'tis", "'tis"),
        ("a\r\nb\x00c\u2028d", "a  b c d"),
        ("\udcff", "?"),
        ("", ""),
    ],
)
def test_text_cells(given_text: str, written: str) -> None:
    assert cell(TEXT, given_text) == written


def test_text_is_cut_at_what_a_spreadsheet_holds() -> None:
    written = cell(TEXT, "x" * 200_000)
    assert len(written) == LONGEST_TEXT
    assert written.endswith("x…")


@given(st.floats())
def test_numbers_read_back_to_the_last_bit(number: float) -> None:
    written = cell(NUMBER, number)
    if math.isfinite(number):
        assert float(written).hex() == number.hex()
    else:
        assert written == ""


@pytest.mark.parametrize(
    ("column", "value", "written"),
    [
        (NUMBER, 1, "1.0"),
        (NUMBER, -0.5, "-0.5"),
        (NUMBER, np.float64(0.1), "0.1"),
        (NUMBER, np.float32(0.1), "0.10000000149011612"),
        (NUMBER, np.float32("nan"), ""),
        (NUMBER, None, ""),
        (INTEGER, -3, "-3"),
        (INTEGER, np.int64(7), "7"),
        (INTEGER, 2**63 - 1, "9223372036854775807"),
        (BOOLEAN, True, "true"),
        (BOOLEAN, False, "false"),
        (BOOLEAN, None, ""),
        (TEXT, 0, "0"),
        (TEXT, True, "true"),
        (TEXT, float("inf"), ""),
    ],
)
def test_cells(column: Column, value: Value, written: str) -> None:
    assert cell(column, value) == written


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", 1.0),
        ("integer", True),
        ("integer", "1"),
        ("integer", 2**63),
        ("number", True),
        ("number", "1.0"),
        ("boolean", 1),
        ("boolean", "true"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(kind: Kind, value: Value) -> None:
    with pytest.raises(StoreError, match=f"the column x takes {kind} values, got"):
        cell(Column("x", kind, ""), value)
