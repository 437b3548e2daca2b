"""A fresh process starts without collecting garbage, and with one thread for linear algebra."""

import gc
import json
import os
import subprocess
import sys

import pytest

from relu_bench.cli.quick_start import quick_start

_NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SEEN = """
import gc, json, os, sys
from relu_bench.cli.quick_start import quick_start
wrong = sys.argv[1] == "wrong"
inside = {}
try:
    with quick_start("numpy"):
        inside = {"collects": gc.isenabled(), **os.environ}
        if wrong:
            raise ValueError
except ValueError:
    pass
after = {"collects": gc.isenabled(), "frozen": gc.get_freeze_count() > 0}
print(json.dumps([inside, after, "numpy" in sys.modules]))
"""


@pytest.mark.parametrize("ends", ["well", "wrong"])
def test_a_fresh_process_collects_again_afterwards_and_has_the_modules_unless_it_failed(
    ends: str,
) -> None:
    given = {name: text for name, text in os.environ.items() if name not in _NAMES}
    ended = subprocess.run(
        [sys.executable, "-c", _SEEN, ends], env=given, capture_output=True, text=True, check=True
    )
    inside, after, imported = json.loads(ended.stdout)

    assert [inside[name] for name in _NAMES] == ["1", "1", "1"]
    assert not inside["collects"]
    assert after == {"collects": True, "frozen": ends == "well"}
    assert imported == (ends == "well")


def test_a_process_that_has_numpy_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", sys)
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)

    with quick_start("no.such.module"):
        assert gc.isenabled()

    assert not [name for name in _NAMES if name in os.environ]
