"""Labels, spaced axes, and the lookup in a table of components."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.components.labels import Label, LabelError, Value, make_label, parse
from relu_bench.components.registry import (
    REQUIRED,
    Component,
    Parameter,
    most_similar,
    nearest,
    nearest_field,
    recognize,
    resolve,
    without_later_defaults,
)
from relu_bench.components.spacing import expand, is_spaced, split_at_commas

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


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("log(1e-4,1e-1,4)", [0.0001, 0.001, 0.01, 0.1]),
        (" log ( 1e-4 , 1e-1 , 4 ) ", [0.0001, 0.001, 0.01, 0.1]),
        ("log(16, 256, 5)", [16, 32, 64, 128, 256]),
        ("log(0.001, 0.1, 2)", [0.001, 0.1]),
        ("lin(0, 0.5, 6)", [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        ("lin(32, 128, 4)", [32, 64, 96, 128]),
        ("lin(-1, 1, 3)", [-1, 0, 1]),
        ("lin(0, 1, 4)", [0, 0.333333333333, 0.666666666667, 1]),
    ],
)
def test_expand(text: str, values: list[float]) -> None:
    expanded = expand(text)
    assert expanded == values
    assert [type(value) for value in expanded] == [type(value) for value in values]
    assert is_spaced(text)


@pytest.mark.parametrize("value", [0.1, 3, None, True, "relu", "log", "seed", "mlp(depth=3)", [1]])
def test_anything_else_stays_as_it_is(value: object) -> None:
    assert expand(value) == [value]
    assert not is_spaced(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("log(1, 2)", "'log(1, 2)' is no spacing: write log(low, high, count)"),
        ("log()", "'log()' is no spacing: write log(low, high, count)"),
        ("lin(1, 2, 3, 4)", "'lin(1, 2, 3, 4)' is no spacing: write lin(low, high, count)"),
        ("lin(a, 2, 3)", "'lin(a, 2, 3)' is no spacing: write lin(low, high, count)"),
        ("lin(1, 2, 3.0)", "'lin(1, 2, 3.0)' is no spacing: write lin(low, high, count)"),
        ("lin(nan, 2, 3)", "'lin(nan, 2, 3)' is no spacing: write lin(low, high, count)"),
        ("lin(1, inf, 3)", "'lin(1, inf, 3)' is no spacing: write lin(low, high, count)"),
        ("lin(1, 2, 1)", "'lin(1, 2, 1)': the count must be from 2 to 10000"),
        ("lin(1, 2, 10001)", "'lin(1, 2, 10001)': the count must be from 2 to 10000"),
        ("lin(2, 1, 3)", "'lin(2, 1, 3)': it must be low < high"),
        ("lin(2, 2, 3)", "'lin(2, 2, 3)': it must be low < high"),
        ("log(0, 1, 3)", "'log(0, 1, 3)': it must be 0 < low < high"),
        ("log(1, 0.1, 3)", "'log(1, 0.1, 3)': it must be 0 < low < high"),
    ],
)
def test_what_is_no_spacing(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        expand(text)
    assert str(caught.value) == message


@given(
    st.floats(1e-9, 1e3), st.floats(1.001, 1e6), st.integers(2, 50), st.sampled_from(("log", "lin"))
)
def test_the_values_are_those_of_numpy(low: float, ratio: float, count: int, kind: str) -> None:
    high = low * ratio
    values = expand(f"{kind}({low!r}, {high!r}, {count})")
    space = np.geomspace if kind == "log" else np.linspace
    np.testing.assert_allclose(np.asarray(values, float), space(low, high, count), rtol=1e-11)
    assert all(float(f"{value:.12g}") == value for value in values)
    assert values == sorted(values)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        ("a, b(x=1, y=2), c", ["a", " b(x=1, y=2)", " c"]),
        ("mlp(hidden=[1, 2]),cnn", ["mlp(hidden=[1, 2])", "cnn"]),
        ("log(1,2,3),7", ["log(1,2,3)", "7"]),
        ("'a,b',\"c,d\"", ["'a,b'", '"c,d"']),
        ("a(x='),'),b", ["a(x='),')", "b"]),
        ("", [""]),
        (",", ["", ""]),
    ],
)
def test_split_at_commas(text: str, pieces: list[str]) -> None:
    assert split_at_commas(text) == pieces


@given(st.text(alphabet="a,()[]'\" ", max_size=30))
def test_nothing_is_lost_by_splitting(text: str) -> None:
    assert ",".join(split_at_commas(text)) == text


def test_the_last_value_is_the_end_itself() -> None:
    assert expand("log(1e-7, 3e-1, 9)")[-1] == 0.3
    assert expand("lin(0.1, 0.7, 7)")[-1] == 0.7
    assert math.isclose(float(expand("log(2, 3, 3)")[1]), math.sqrt(6), rel_tol=1e-11)  # type: ignore[arg-type]


SLOPE = Parameter("float", 0.25, minimum=0, below=1)
TABLE = {
    "plain": Component(aliases=("simple",)),
    "sloped": Component(parameters={"slope": SLOPE, "exact": Parameter("boolean", True)}),
    "stack": Component(
        parameters={"widths": Parameter("integers", (8, 4), minimum=1, maximum=99, longest=3)},
        other_forms=(
            {
                "width": Parameter("integer", REQUIRED, above=0),
                "depth": Parameter("integer", 2, maximum=9),
            },
        ),
    ),
    "scaled": Component(
        parameters={"mode": Parameter("word", "fan_in", choices=("fan_in", "all"))}
    ),
}


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("plain", "plain"),
        ("simple()", "plain"),
        ("sloped", "sloped(exact=true, slope=0.25)"),
        ("sloped(slope=0)", "sloped(exact=true, slope=0.0)"),
        ("sloped(slope=-0.0)", "sloped(exact=true, slope=0.0)"),
        ("sloped(slope=5e-1, exact=false)", "sloped(exact=false, slope=0.5)"),
        ("stack", "stack(widths=[8, 4])"),
        ("stack(widths=[1,2,3])", "stack(widths=[1, 2, 3])"),
        ("stack(width=5)", "stack(depth=2, width=5)"),
        ("stack(depth=3, width=5)", "stack(depth=3, width=5)"),
        ("scaled(mode='all')", "scaled(mode=all)"),
    ],
)
def test_the_canonical_label_writes_every_parameter(text: str, canonical: str) -> None:
    assert str(resolve(text, TABLE, "thing")) == canonical
    assert str(resolve(canonical, TABLE, "thing")) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Plain", "'Plain' is no thing. Did you mean 'plain'? Known: plain, sloped, stack, scaled"),
        ("zzz", "'zzz' is no thing. Known: plain, sloped, stack, scaled"),
        ("plain(a=1)", "thing 'plain' has no parameter 'a'. It takes: no parameters"),
        ("simple(a=1)", "thing 'plain' has no parameter 'a'. It takes: no parameters"),
        (
            "sloped(slop=1)",
            "thing 'sloped' has no parameter 'slop'. Did you mean 'slope'? It takes: exact, slope",
        ),
        (
            "sloped(slope=1)",
            "slope=1 in 'sloped(slope=1)': slope is a number, at least 0 and below 1.",
        ),
        (
            "sloped(slope=nan)",
            "slope=nan in 'sloped(slope=nan)': slope is a number, at least 0 and below 1.",
        ),
        (
            "sloped(slope=true)",
            "slope=true in 'sloped(slope=true)': slope is a number, at least 0 and below 1.",
        ),
        ("sloped(exact=1)", "exact=1 in 'sloped(exact=1)': exact is true or false."),
        (
            "stack(widths=[])",
            "widths=[] in 'stack(widths=[])': "
            "widths is a list of 1 to 3 integers, each at least 1 and at most 99.",
        ),
        (
            "stack(widths=[1, 2, 3, 4])",
            "widths=[1, 2, 3, 4] in 'stack(widths=[1, 2, 3, 4])': "
            "widths is a list of 1 to 3 integers, each at least 1 and at most 99.",
        ),
        (
            "stack(widths=8)",
            "widths=8 in 'stack(widths=8)': "
            "widths is a list of 1 to 3 integers, each at least 1 and at most 99.",
        ),
        ("stack(width=0)", "width=0 in 'stack(width=0)': width is an integer, above 0."),
        ("stack(width=1.0)", "width=1.0 in 'stack(width=1.0)': width is an integer, above 0."),
        ("stack(width=[1])", "width=[1] in 'stack(width=[1])': width is an integer, above 0."),
        ("stack(depth=1)", "'stack(depth=1)' lacks width, which is an integer, above 0"),
        (
            "stack(width=1, widths=[1])",
            "'stack(width=1, widths=[1])' mixes two ways to describe 'stack': "
            "give (widths) or (width, depth)",
        ),
        (
            "scaled(mode=fanin)",
            "mode=fanin in 'scaled(mode=fanin)': mode is fan_in or all. Did you mean 'fan_in'?",
        ),
    ],
)
def test_errors_say_what_was_given_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(LabelError) as caught:
        resolve(text, TABLE, "thing")
    assert str(caught.value) == message


PEOPLE_WRITE = {
    "leaky_relu": Component(parameters={"slope": SLOPE}, aliases=("drip",)),
    "range": Component(
        parameters={"upper": Parameter("float", 1.0), "lower": Parameter("float", 0.0)}
    ),
    "he_uniform": Component(called_elsewhere=("he", "kaiming_uniform")),
    "he_normal": Component(called_elsewhere=("he",)),
}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("LeakyReLU", "leaky_relu"),
        ("leaky relu", "leaky_relu"),
        ("leaky-relu()", "leaky_relu"),
        ("Leaky ReLU 0.5", "leaky_relu(slope=0.5)"),
        ("leaky_relu: 5e-1", "leaky_relu(slope=0.5)"),
        ("leaky_relu(0.5)", "leaky_relu(slope=0.5)"),
        ("leaky_relu(5)", "leaky_relu"),  # more than it takes
        ("Drip", "leaky_relu"),
        ("tf.nn.leaky_relu", "leaky_relu"),
        ("nn.LeakyReLU(0.5, inplace=True)", "leaky_relu(slope=0.5)"),
        ("Leaky ReLU (from 0.25)", "leaky_relu"),
        ("Range(0.5, -1)", "range(lower=-1, upper=0.5)"),
        ("Range(0.5, lower=-1, 3)", "range(lower=3, upper=0.5)"),
        ("nn.init.kaiming_uniform_", "he_uniform"),
    ],
)
def test_a_name_as_people_write_it(text: str, meant: str) -> None:
    assert str(recognize(text, PEOPLE_WRITE, "thing")) == meant
    with pytest.raises(LabelError) as caught:
        resolve(text, PEOPLE_WRITE, "thing")
    assert f" Did you mean {meant!r}?" in str(caught.value)


def test_a_label_is_recognized_as_it_is() -> None:
    for text in ("drip", "drip()", "leaky_relu"):
        assert str(recognize(text, PEOPLE_WRITE, "thing")) == "leaky_relu"
    assert str(recognize("drip(slope=7)", PEOPLE_WRITE, "thing")) == "leaky_relu(slope=7)"
    assert str(recognize("my.py:f", PEOPLE_WRITE, "thing")) == "my.py:f"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "He",
            "'He' is no thing. Did you mean 'he_uniform' or 'he_normal'? "
            "Known: leaky_relu, range, he_uniform, he_normal",
        ),
        (
            "rnage",
            "'rnage' is no thing. Did you mean 'range'? "
            "Known: leaky_relu, range, he_uniform, he_normal",
        ),
        ("zzz", "'zzz' is no thing. Known: leaky_relu, range, he_uniform, he_normal"),
    ],
)
def test_what_cannot_be_recognized(text: str, message: str) -> None:
    for read in (recognize, resolve):
        with pytest.raises(LabelError) as caught:
            read(text, PEOPLE_WRITE, "thing")
        assert str(caught.value) == message


def test_an_error_names_the_field_that_is_no_parameter() -> None:
    with pytest.raises(LabelError) as caught:
        resolve("leaky_relu(lr=0.1)", PEOPLE_WRITE, "thing")
    assert str(caught.value) == (
        "thing 'leaky_relu' has no parameter 'lr'; that is learning_rate, a field of its own. "
        "It takes: slope"
    )
    with pytest.raises(LabelError) as caught:
        resolve("Leaky.ReLU(lr=0.1)", PEOPLE_WRITE, "thing")
    assert str(caught.value).endswith(
        "Did you mean 'leaky_relu'? learning_rate is a field of its own."
    )


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        (SLOPE, 0, 0.0),
        (Parameter("integer", 0), -3, -3),
        (Parameter("boolean", False), True, True),
        (Parameter("float", 0.0, above=1, maximum=2), 2, 2.0),
        (Parameter("integers", (1,)), (3, 4), (3, 4)),
    ],
)
def test_values_are_accepted_in_their_type(
    parameter: Parameter, value: Value, accepted: Value
) -> None:
    result = parameter.accept(value)
    assert (result, type(result)) == (accepted, type(accepted))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (SLOPE, -0.1),
        (SLOPE, "0.1"),
        (SLOPE, None),
        (Parameter("float", 0.0, above=1), 1),
        (Parameter("float", 0.0, maximum=1), 1.5),
        (Parameter("integer", 0), True),
        (Parameter("boolean", False), "true"),
        (Parameter("boolean", False), None),
        (Parameter("word", "a", choices=("a",)), "b"),
        (Parameter("word", "a", choices=("a",)), 1),
        (Parameter("integers", (1,)), (1, 2.0)),
        (Parameter("integers", (1,)), (True,)),
    ],
)
def test_other_values_are_refused(parameter: Parameter, value: Value) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        parameter.accept(value)


def test_a_later_parameter_stays_out_of_the_identity_while_it_has_its_default() -> None:
    later = Parameter("float", 1.0, added_later=True)
    table = {"a": Component(parameters={"old": SLOPE, "new": later})}
    assert without_later_defaults("a(new=1.0, old=0.25)", table) == "a(old=0.25)"
    assert without_later_defaults("a(new=2.0, old=0.25)", table) == "a(new=2.0, old=0.25)"
    assert str(resolve("a(new=1.0)", table, "x")) == "a(old=0.25)", "as what was stored before"
    assert str(resolve("a(new=2.0)", table, "x")) == "a(new=2.0, old=0.25)"
    alone = {"a": Component(parameters={"new": later})}
    assert without_later_defaults("a(new=1.0)", alone) == "a"


def test_nearest() -> None:
    assert nearest("RELU", ("elu", "relu")) == " Did you mean 'relu'?"
    assert nearest("xyz", ("elu", "relu")) == ""
    assert most_similar("RELU", ("elu", "ReLU")) == "ReLU"
    assert most_similar("xyz", ("elu", "relu")) is None


def test_short_names_of_fields_are_known_where_the_field_is() -> None:
    assert nearest_field("LR", ("learning_rate", "epochs")) == " Did you mean 'learning_rate'?"
    assert nearest_field("lr", ("epochs",)) == ""
    assert nearest_field("seed", ("seeds_of_all", "seed_")) == " Did you mean 'seed_'?"
    assert nearest_field("epoc", ("learning_rate", "epochs")) == " Did you mean 'epochs'?"
