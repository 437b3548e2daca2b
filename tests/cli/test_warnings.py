"""A config that breaks a rule of theory is told so on stderr, and runs all the same."""

from pathlib import Path

import pytest
from expecting import Invoke
from text_folders import small_texts, write_files

from relu_bench.training import estimate

pytestmark = pytest.mark.tensorflow

SELU = """\
relu-bench: warning: selu with initializer glorot_uniform: it keeps mean 0 and variance 1 only \
with kernels of variance 1/inputs; take lecun_normal
relu-bench: warning: selu with standard dropout: zeroed units move its mean and variance; take \
dropout_kind: alpha
"""


@pytest.fixture(autouse=True)
def steady_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "seconds", lambda *_: 1.0)


def test_check_warns(invoke: Invoke) -> None:
    Path("c.yaml").write_text("dataset: digits\nactivation: [relu, selu]\ndropout: 0.1\n")
    for arguments in (("check", "c.yaml"), ("run", "c.yaml", "--dry-run")):
        ended = invoke(*arguments)
        assert (ended.code, ended.err) == (0, SELU)
        assert ended.out.startswith("c: valid\n")


def test_at_most_five_lines(invoke: Invoke) -> None:
    Path("c.yaml").write_text(
        "dataset: digits\n"
        "activation: selu\n"
        "initializer: [zeros, ones, he_normal, he_uniform]\n"
        "batch_norm: [false, true]\n"
    )
    lines = invoke("check", "c.yaml").err.splitlines()
    assert len(lines) == 6
    assert all(line.startswith("relu-bench: warning: ") for line in lines[:5])
    assert lines[5] == "relu-bench: warning: ... and 3 more"


def test_what_is_left_out_of_the_users_own_data(invoke: Invoke) -> None:
    folder = write_files(Path("reviews"), small_texts())
    (folder / "urls.txt").write_text("a list", encoding="utf-8")
    Path("c.yaml").write_text("dataset: ./reviews\nmodel: text\nseeds: 2\n")
    for arguments in (("check", "c.yaml"), ("data", "./reviews")):
        assert invoke(*arguments).err == (
            "relu-bench: warning: ./reviews: left out, being neither texts nor images of it: "
            "urls.txt\n"
        )
