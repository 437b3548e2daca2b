import pytest

from relu_bench.components.labels import LabelError, Value
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
