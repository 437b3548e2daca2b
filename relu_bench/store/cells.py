"""How a value becomes a cell of a CSV, and how text becomes a cell that no program misreads.

Two kinds of text would be misread: what a spreadsheet takes for a formula (CSV injection: OWASP,
https://owasp.org/www-community/attacks/CSV_Injection), and what `pandas.read_csv` takes for a
missing value. Both get one leading apostrophe, which `text_of` takes off again.
"""

import csv
import io
import math
import re
from collections.abc import Iterable
from numbers import Integral, Real
from typing import TypeAlias

from relu_bench.errors import StoreError, shorten
from relu_bench.store.columns import Column

Value: TypeAlias = str | int | float | bool | None

# What `pandas.read_csv` reads as missing when it is given no options; a test compares the two.
MISSING_TOKENS = {
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
}  # fmt: skip
# A spreadsheet's own limit for a cell is 32,767 characters.
LONGEST_TEXT = 32_000

_BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
# As relu-bench, Python and spreadsheets write them.
BOOLEANS = {
    text: value
    for word, value in (("true", True), ("false", False))
    for text in (word, word.capitalize(), word.upper())
}

_LONGEST_INTEGER = 2**63
_MISREAD = re.compile(
    "'*(?:[=+\\-@\t＝＋－＠]|(?:" + "|".join(map(re.escape, sorted(MISSING_TOKENS))) + r")\Z)"
)
# By default Python reads 131,072 characters of a cell; this is as many as any system lets it.
csv.field_size_limit(2**31 - 1)
_MOST_SHOWN = 60
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def cell(column: Column, value: Value) -> str:
    """`value` as it stands in the CSV.

    A float is written as the shortest decimal that reads back as the same float. Nothing (None,
    empty text, a float that is not finite) is an empty cell. Text is on one line, whatever it was,
    and at most `LONGEST_TEXT` characters long; bits are as long as they are.

    Raises:
        StoreError: the value is not of the column's kind.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool) and column.kind in ("text", "time", "boolean"):
        return "true" if value else "false"
    if column.kind in ("text", "time"):
        return guard(clean(str(value)))
    if column.kind == "bits" and isinstance(value, str) and is_of_kind(column, value):
        return guard(value)
    if not isinstance(value, bool | str):
        if column.kind == "integer" and _is_integer(value):
            return str(int(value))
        if column.kind == "number" and isinstance(value, Real):
            number = float(value)  # a float of NumPy writes its type into its own repr
            return repr(number) if math.isfinite(number) else ""
    raise StoreError(
        f"the column {column.name} takes {column.kind} values, got {value!r}; "
        "this is a fault in what called the store, not in the results folder"
    )


def text_of(text: str) -> str:
    """What the text cell `text` means: its guarding apostrophe, if there is one, is taken off."""
    return text[1:] if text.startswith("'") and _MISREAD.match(text) else text


def clean(text: str) -> str:
    """`text` as a cell can hold it: line ends and other control characters are spaces."""
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 1] + "…"
    # A file name with bytes that are no text reaches Python as lone surrogates: not UTF-8.
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8")


def guard(text: str) -> str:
    """The inverse of `text_of`, for text that is clean."""
    return f"'{text}" if _MISREAD.match(text) else text


def line(cells: Iterable[str]) -> bytes:
    """One line of a CSV, its end included."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue().encode("utf-8")


def cells_of(record: bytes) -> list[str]:
    """The cells of one record, which must be free of `tables.fault_of`."""
    return next(csv.reader(io.StringIO(record.decode("utf-8", "replace"), newline="")), [])


def is_of_kind(column: Column, text: str) -> bool:
    """Whether the cell `text`, which is not empty, can be read as a value of the column."""
    if column.choices or column.kind == "boolean":
        return text in (column.choices or BOOLEANS)
    if column.kind not in ("integer", "number"):
        return column.kind != "bits" or _BASE64.fullmatch(text_of(text)) is not None
    try:
        number = float(text)
    except ValueError:
        return False
    if "_" in text or not text.isascii():
        return False
    if column.kind == "integer":
        return number.is_integer() and -_LONGEST_INTEGER <= number < _LONGEST_INTEGER
    lowest, highest = column.limits
    return lowest <= number <= highest  # never so for NaN, which the store writes as empty


def holds_bits(text: str, count: str) -> bool:
    """Whether the cell `text` is as long as the base64 of so many packed bits, none of 0."""
    packed_bytes = -(-int(float(count)) // 8) if count else 0
    return packed_bytes > 0 and len(text_of(text)) == 4 * -(-packed_bytes // 3)


def shown(text: str) -> str:
    """`text` as an error quotes it, however long it is."""
    return repr(shorten(text, _MOST_SHOWN))


def _is_integer(value: int | float) -> bool:
    return isinstance(value, Integral) and -_LONGEST_INTEGER <= int(value) < _LONGEST_INTEGER
