"""Results that are kept while their tables exist."""

import gc
from dataclasses import dataclass

import pandas as pd

from relu_bench.compare.kept import kept


def counting(most: int = 4):  # type: ignore[no-untyped-def]
    calls: list[object] = []

    @kept(most)
    def total(table: pd.DataFrame, times: int = 1) -> int:
        calls.append(times)
        return times * int(table["x"].sum())

    return total, calls


def table(*values: int) -> pd.DataFrame:
    return pd.DataFrame({"x": values})


def test_the_same_table_is_asked_once() -> None:
    total, calls = counting()
    one, other = table(1, 2), table(1, 2)

    assert [total(one), total(one), total(other), total(one)] == [3, 3, 3, 3]
    assert len(calls) == 2


def test_other_arguments_make_another_result() -> None:
    total, calls = counting()
    one = table(1, 2)

    assert [total(one, 2), total(one, times=3), total(one, 2), total(one, times=3)] == [6, 9, 6, 9]
    assert calls == [2, 3]


def test_equal_lists_are_the_same() -> None:
    calls = []

    @kept()
    def chosen(table: pd.DataFrame, names: list[str]) -> int:
        calls.append(names)
        return len(table[names])

    one = table(1, 2)
    assert [chosen(one, ["x"]), chosen(one, ["x"]), chosen(one, [])] == [2, 2, 2]
    assert calls == [["x"], []]


def test_only_the_last_results_are_kept() -> None:
    total, calls = counting(most=1)
    one, other = table(1), table(2)

    assert [total(one), total(other), total(one)] == [1, 2, 1]
    assert len(calls) == 3


def test_a_table_that_is_gone_is_never_mistaken_for_a_new_one() -> None:
    total, _ = counting()
    for value in range(50):  # many of them at the place in memory of one before
        assert total(table(value)) == value
        gc.collect()


def test_equal_settings_are_the_same_and_distinct_holders_of_tables_are_not() -> None:
    @dataclass(frozen=True)
    class Setting:
        width: float

    @dataclass(frozen=True, eq=False)
    class Holder:
        number: int

    calls = []

    @kept()
    def called(holder: Holder, setting: Setting) -> int:
        calls.append(holder.number)
        return holder.number

    one = Holder(1)
    called(one, Setting(1.0))
    called(one, Setting(1.0))
    called(Holder(1), Setting(1.0))
    called(one, Setting(2.0))
    assert len(calls) == 3
