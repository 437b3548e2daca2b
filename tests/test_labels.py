import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.components.labels import Label, LabelError, make_label, parse

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.text(max_size=12),
    st.sampled_from(("true", "false", "null", "fan_in", "1", "a, b", "")),
)
VALUES = SCALARS | st.lists(SCALARS, max_size=4).map(tuple)
OWN_NAMES = st.from_regex(
    r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,9}\.py:[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True
)
DIGITS = st.text("0123456789abcdef", min_size=8, max_size=8)
OWN_LABELS = st.builds(
    make_label, OWN_NAMES, st.just({}) | DIGITS.map(lambda digits: {"source": digits})
)
LABELS = st.builds(make_label, NAMES, st.dictionaries(NAMES, VALUES, max_size=4)) | OWN_LABELS


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("relu", Label("relu")),
        ("relu()", Label("relu")),
        ("  relu ( ) ", Label("relu")),
        ("a(x=1)", Label("a", (("x", 1),))),
        ("a(y=1.0, x=-2e-3)", Label("a", (("x", -2e-3), ("y", 1.0)))),
        ("a(x = .5,y=+5.)", Label("a", (("x", 0.5), ("y", 5.0)))),
        ("a(x=true, y=false, z=null)", Label("a", (("x", True), ("y", False), ("z", None)))),
        ("a(x=fan_in)", Label("a", (("x", "fan_in"),))),
        ("a(x='a, b)', y=\"it's\")", Label("a", (("x", "a, b)"), ("y", "it's")))),
        (r'a(x="\"\\")', Label("a", (("x", '"\\'),))),
        ("a(x='')", Label("a", (("x", ""),))),
        ("a(x='true')", Label("a", (("x", "true"),))),
        ("a(x=[])", Label("a", (("x", ()),))),
        ("a(x=[1, 2.5, w, null])", Label("a", (("x", (1, 2.5, "w", None)),))),
        ("mlp(hidden=[128, 64])", Label("mlp", (("hidden", (128, 64)),))),
        ("a(x=123456789012345678901234567890)", Label("a", (("x", 1.2345678901234568e29),))),
    ],
)
def test_parse(text: str, label: Label) -> None:
    parsed = parse(text)
    assert parsed == label
    # 1 == 1.0 == True: the types must be right, too.
    assert [type(value) for _, value in parsed.parameters] == [
        type(value) for _, value in label.parameters
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a name at the end"),
        ("1relu", "a name at '1relu'"),
        ("relu elu", "nothing more at 'elu'"),
        ("relu)", "nothing more at ')'"),
        ("a(", "a parameter's name at the end"),
        ("a(0.1)", "a parameter's name at '0.1)'"),
        ("a(x)", "'=' behind 'x', as in x=0.1 at ')'"),
        ("a(x=", "a value at the end"),
        ("a(x=)", "a value at ')'"),
        ("a(x=1", "',' or ')' at the end"),
        ("a(x=1 2)", "',' or ')' at '2)'"),
        ("a(x=1,)", "a parameter's name at ')'"),
        ("a(x=1_000)", "',' or ')' at '_000)'"),
        ("a(x=1+1)", "',' or ')' at '+1)'"),
        ("a(x=__import__('os'))", "',' or ')' at \"('os'))\""),
        ("a(x=[1", "',' or ']' at the end"),
        ("a(x=[[1]])", "a value at '[1]])'"),
        ("a(x='b)", 'a value at "\'b)"'),
        ("a(x=1)b" + "c" * 40, "nothing more at 'b" + "c" * 19 + "'"),
    ],
)
def test_what_is_no_label_says_where(text: str, expected: str) -> None:
    with pytest.raises(LabelError) as caught:
        parse(text)
    assert str(caught.value) == (
        f"{text!r} is no label: expected {expected}; a label is name or name(parameter=value, ...)"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a(x=1, x=2)", "'a(x=1, x=2)' gives 'x' twice"),
        ("a(x=1e999)", "1e999 in 'a(x=1e999)' is too large for a number"),
    ],
)
def test_other_errors(text: str, message: str) -> None:
    with pytest.raises(LabelError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "digits", ["1a2b3c4d", "12345678", "00000000", "1e345678", "12e45678", "deadbeef", "0e000000"]
)
def test_the_digits_of_a_source_are_text_with_one_look(digits: str) -> None:
    text = f"my-module.v2.py:my_function(source={digits})"
    label = parse(text)
    assert label == Label("my-module.v2.py:my_function", (("source", digits),))
    assert label.is_own
    assert str(label) == text
    assert parse(f" my-module.v2.py:my_function ( source = {digits} ) ") == label
    assert str(parse("a.py:f()")) == "a.py:f"
    assert not parse("relu").is_own


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.py:f(source=1a2b3c4)", "8 digits from 0 to 9 and a to f at '1a2b3c4)'"),
        ("a.py:f(source=1a2b3c4d5)", "8 digits from 0 to 9 and a to f at '1a2b3c4d5)'"),
        ("a.py:f(source=1A2B3C4D)", "8 digits from 0 to 9 and a to f at '1A2B3C4D)'"),
        ("a.py:f(source='1a2b3c4d')", "8 digits from 0 to 9 and a to f at \"'1a2b3c4d')\""),
        ("a.py:f(source=1a2b3c4d, x=1)", "')' at ', x=1)'"),
        (
            "a.py:f(alpha=1)",
            "source=, which is all that a function of one's own takes, at 'alpha=1)'",
        ),
        ("folder/a.py:f", "nothing more at '/a.py:f'"),
        ("a.py", "nothing more at '.py'"),
        ("a.py:f.g", "nothing more at '.g'"),
        ("a.py:f;import os", "nothing more at ';import os'"),
    ],
)
def test_what_is_no_label_of_a_source(text: str, expected: str) -> None:
    with pytest.raises(LabelError) as caught:
        parse(text)
    assert str(caught.value) == (
        f"{text!r} is no label: expected {expected}; a label is name or name(parameter=value, ...)"
    )


@given(LABELS)
def test_writing_and_parsing_are_inverse(label: Label) -> None:
    again = parse(str(label))
    assert again == label
    assert repr(again) == repr(label)  # types and the sign of zero as well


@given(st.text(alphabet="ab(=,)[]'\"\\ .-1e:py", max_size=20) | st.text(max_size=20))
def test_any_text_is_a_label_or_a_label_error(text: str) -> None:
    try:
        label = parse(text)
    except LabelError:
        return
    assert parse(str(label)) == label


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_parameters_does_not_matter(
    parameters: dict[str, object], random: object
) -> None:
    items = list(parameters.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert make_label("a", dict(items)) == make_label("a", parameters)  # type: ignore[arg-type]


def test_a_value_is_found_by_its_name() -> None:
    assert parse("a(x=1, y=b)")["y"] == "b"
    with pytest.raises(KeyError):
        parse("a(x=1)")["y"]


def test_numbers_are_written_so_that_they_come_back() -> None:
    written = str(make_label("a", {"x": 0.1, "y": 1e-300, "z": 10**15, "w": math.pi}))
    assert written == "a(w=3.141592653589793, x=0.1, y=1e-300, z=1000000000000000)"
