import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relu_bench.components.spacing import expand, is_spaced, split_at_commas


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
