from relu_bench.speed.cells import Cell, Size, cells, short

SMALL, LARGE = Size("small", 256, ""), Size("large", 1024, "")


def test_every_activation_in_each_mode_pass_and_size() -> None:
    found = cells(["tanh", "relu", "tanh"], [LARGE, SMALL])
    assert len(found) == len(set(found)) == 2 * 3 * 2 * 2
    assert [cell.size for cell in found[:12]] == [SMALL] * 12
    assert list(dict.fromkeys(cell.activation for cell in found)) == ["relu", "tanh"]


def test_relu_is_measured_unasked() -> None:
    found = cells(["tanh"], [SMALL])
    assert {cell.reference for cell in found} == {
        cell for cell in found if cell.activation == "relu"
    }


def test_a_function_of_ones_own_has_no_numpy_formula() -> None:
    found = cells(["mine.py:cube(source=0123abcd)"], [SMALL])
    own = {cell.mode for cell in found if cell.activation != "relu"}
    assert own == {"compiled", "eager"}


def test_the_reference_is_relu_in_the_same_mode_pass_and_size() -> None:
    cell = Cell("tanh", "eager", "forward", LARGE)
    assert cell.reference == Cell("relu", "eager", "forward", LARGE)


def test_names_are_short_where_the_parameters_are_the_defaults() -> None:
    assert short("relu") == "relu"
    assert short("elu(alpha=1.0)") == "elu"
    assert short("elu(alpha=0.1)") == "elu(alpha=0.1)"
    assert short("mine.py:cube(source=0123abcd)") == "mine.py:cube(source=0123abcd)"
