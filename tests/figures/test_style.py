import io
from itertools import combinations

import pytest
from fake_results import results, run
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from relu_bench.figures import draw
from relu_bench.figures.pages import pages
from relu_bench.figures.style import (
    MOST_LOOKS,
    Look,
    looks,
    power_of_ten,
    styled,
)

WELL_KNOWN = [
    "relu",
    "leaky_relu(negative_slope=0.01)",
    "prelu(initial=0.25)",
    "elu(alpha=1.0)",
    "gelu(approximate=false)",
    "silu",
    "tanh",
]
OTHERS = ["sigmoid", "selu", "mish", "leaky_relu(negative_slope=0.3)", "elu(alpha=2.0)", "softplus"]
LEVELS = st.lists(st.sampled_from([*WELL_KNOWN, *OTHERS]) | st.text(max_size=5), unique=True)
FEW = LEVELS.map(lambda levels: levels[:MOST_LOOKS])
# Steps of CIE lightness, 0 to 100, that are told apart side by side.
LEAST_STEP = 5.0


def lightness(look: Look) -> float:
    """CIE 1976 lightness of what a black printer makes of a colour."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(look.colour)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def told_apart_in_grey(one: Look, other: Look) -> bool:
    lighter = abs(lightness(one) - lightness(other)) >= LEAST_STEP
    return one.marker != other.marker and (one.line != other.line or lighter)


@given(FEW)
def test_no_two_levels_look_alike(levels: list[str]) -> None:
    found = list(looks(levels).values())
    assert len(found) == len(levels)
    for part in ("colour", "line", "marker"):
        assert len({getattr(look, part) for look in found}) == len(levels)


@given(FEW, LEVELS)
def test_well_known_activations_look_the_same_everywhere(one: list[str], other: list[str]) -> None:
    together = looks([*one, *other][:MOST_LOOKS])
    for name in [name for name in one if name in WELL_KNOWN]:
        assert looks(one)[name] == together[name] == looks([name])[name]


@given(FEW, st.sampled_from(OTHERS))
def test_a_level_added_behind_changes_no_other_look(levels: list[str], added: str) -> None:
    before = [level for level in levels if level != added][: MOST_LOOKS - 1]
    after = looks([*before, added])
    if added not in ("leaky_relu(negative_slope=0.3)", "elu(alpha=2.0)"):
        assert {level: after[level] for level in before} == looks(before)


def test_another_slope_takes_the_look_of_its_name_where_that_is_free() -> None:
    alone = looks(["tanh", "leaky_relu(negative_slope=0.3)"])
    assert alone["leaky_relu(negative_slope=0.3)"] == looks([WELL_KNOWN[1]])[WELL_KNOWN[1]]
    both = looks(["leaky_relu(negative_slope=0.3)", WELL_KNOWN[1]])
    assert both[WELL_KNOWN[1]] == looks([WELL_KNOWN[1]])[WELL_KNOWN[1]]
    assert both["leaky_relu(negative_slope=0.3)"] != both[WELL_KNOWN[1]]


def test_what_is_called_something_else_looks_like_itself() -> None:
    named = looks(["ReLU", "SiLU", "x"], {"ReLU": "relu", "SiLU": "silu"})
    assert named["ReLU"] == looks(["relu"])["relu"]
    assert named["SiLU"] == looks(["silu"])["silu"]


def test_of_more_levels_than_looks_the_prominent_have_theirs_and_the_others_are_grey() -> None:
    names = [f"x{n}" for n in range(MOST_LOOKS + 5)]
    found = looks(names, prominent=names[::-1])
    loud = [name for name, look in found.items() if not look.quiet]

    assert loud == names[-MOST_LOOKS:]
    assert len(set(found.values())) == MOST_LOOKS + 1


@pytest.mark.parametrize(
    "found",
    [
        looks(WELL_KNOWN),
        looks(OTHERS),
        looks(["relu", *OTHERS[:5], "tanh"]),
    ],
)
def test_a_black_printer_tells_any_two_looks_of_a_figure_apart(found: dict[str, Look]) -> None:
    for one, other in combinations(found.values(), 2):
        assert told_apart_in_grey(one, other)


def test_a_variant_has_one_look_in_every_experiment() -> None:
    few = [run(activation=name, experiment="few") for name in ("tanh", "relu")]
    more = [run(activation=name, experiment="more") for name in ("elu(alpha=1.0)", "relu", "selu")]
    initializers = [
        run(activation=name, initializer=init, experiment="both", epochs=epochs)
        for name, init, epochs in (
            ("relu", "he_normal", 3),
            ("tanh", "glorot_uniform", 3),
            ("relu", "he_normal", 2),
            ("tanh", "glorot_uniform", 2),
        )
    ]
    found = [pages(results(rows).runs)[0].look for rows in (few, more, initializers)]
    of_relu = [next(look for name, look in each.items() if "relu" in name) for each in found]
    assert len(set(of_relu)) == 1


def test_display_names_keep_the_look() -> None:
    rows = [run(activation=name, seed=seed) for name in ("relu", "tanh") for seed in range(3)]
    plain = results(rows, names={"relu": "Nothing like it", "tanh": "Nor this"})
    (page,) = pages(plain.displayed().runs)
    assert page.look == {
        "Nothing like it": looks(["relu"])["relu"],
        "Nor this": looks(["tanh"])["tanh"],
    }


HOSTILE = ["$x_1$", "a_b", r"\alpha", "100 %", "<b>&amp;</b>", "$", "{}", "^2", r"\frac{"]


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_no_name_is_read_as_mathematics(form: str) -> None:
    names = dict(zip(["relu", "tanh", "elu", "gelu"], HOSTILE, strict=False))
    loaded = results(
        [
            run(activation=name, seed=seed, experiment="$e$", initializer=r"$\broken{")
            for name in names
            for seed in (0, 1)
        ],
        names=names,
    )
    ((_, figure),) = draw(loaded, ["comparison"])
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format=form)
    if form == "svg":
        text = buffer.getvalue().decode()
        for name in ("$x_1$", "a_b", r"\alpha", "100 %", r"$\broken{", "$e$"):
            assert name in text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "10⁰"), (1e-27, "10⁻²⁷"), (1e12, "10¹²"), (0.02, "0.02"), (0.0, "0")]
)
def test_powers_of_ten_in_letters(value: float, text: str) -> None:
    assert power_of_ten(value) == text
