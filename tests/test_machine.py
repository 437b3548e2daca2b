import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from relu_bench.errors import ReluBenchError
from relu_bench.machine import environment_variables, hardware


@pytest.fixture(autouse=True)
def sixteen_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def cores(tmp_path: Path, own_cgroup: str = "") -> int:
    write(tmp_path / "own", own_cgroup)
    return hardware.available_cores(tmp_path / "groups", tmp_path / "own")


def test_affinity(tmp_path: Path) -> None:
    assert cores(tmp_path) == 16
    assert hardware.available_cores(tmp_path / "missing", tmp_path / "missing") == 16


def test_without_affinity_all_cores_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert cores(tmp_path) == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores(tmp_path) == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [("3", 3), ("1", 1), ("64", 16), ("0", 16), ("", 16), ("x", 16), ("-2", 16), ("²", 16)],
)
def test_slurm(given: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", given)
    assert cores(tmp_path) == expected


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("200000 100000\n", 2),
        ("250000 100000\n", 3),
        ("1000 100000\n", 1),
        ("max 100000\n", 16),
        ("9900000 100000\n", 16),
        ("100000 0\n", 16),
        ("broken\n", 16),
    ],
)
def test_the_quota_of_a_container_in_version_2(quota: str, expected: int, tmp_path: Path) -> None:
    write(tmp_path / "groups/cpu.max", quota)
    assert cores(tmp_path, "0::/\n") == expected


@pytest.mark.parametrize(
    ("quota", "period", "expected"), [("400000", "100000", 4), ("-1", "100000", 16)]
)
def test_the_quota_of_a_container_in_version_1(
    quota: str, period: str, expected: int, tmp_path: Path
) -> None:
    write(tmp_path / "groups/cpu/cpu.cfs_quota_us", f"{quota}\n")
    write(tmp_path / "groups/cpu/cpu.cfs_period_us", f"{period}\n")
    assert cores(tmp_path, "3:cpu,cpuacct:/\n") == expected


def test_the_least_quota_of_the_groups_around_holds(tmp_path: Path) -> None:
    groups = tmp_path / "groups"
    write(groups / "system.slice/cpu.max", "300000 100000")
    write(groups / "system.slice/job/cpu.max", "500000 100000")
    assert cores(tmp_path, "0::/system.slice/job\n") == 3
    write(groups / "system.slice/job/cpu.max", "200000 100000")
    assert cores(tmp_path, "0::/system.slice/job\n") == 2
    assert cores(tmp_path, "0::/other\n") == 16


def test_a_group_of_version_1_lies_below_its_controller(tmp_path: Path) -> None:
    write(tmp_path / "groups/cpu/slurm/job_7/cpu.cfs_quota_us", "200000")
    write(tmp_path / "groups/cpu/slurm/job_7/cpu.cfs_period_us", "100000")
    write(tmp_path / "groups/cpu/other/cpu.max", "100000 100000")
    own = "9:memory:/other\n4:cpu,cpuacct:/slurm/job_7/step_0\n1:name=systemd:/other\n"
    assert cores(tmp_path, own) == 2


def test_the_smallest_limit_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "groups/cpu.max", "800000 100000")
    assert cores(tmp_path) == 8
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    assert cores(tmp_path) == 4
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 9}, raising=False)
    assert cores(tmp_path) == 2


def test_this_machine_has_a_name_a_processor_and_memory() -> None:
    assert hardware.host() == socket.gethostname()
    assert hardware.processor().strip()
    memory = hardware.memory_gib()
    assert memory is None or 0.25 < memory < 65536


@pytest.mark.parametrize(
    ("own", "file"),
    [
        ("0::/job\n", "memory.max"),
        ("0::/job\n", "job/memory.max"),
        ("4:cpu:/other\n9:memory:/job/step\n", "memory/job/memory.limit_in_bytes"),
    ],
)
def test_a_container_may_have_less_memory(own: str, file: str, tmp_path: Path) -> None:
    write(tmp_path / "own", own)
    without = hardware.memory_gib(tmp_path / "groups", tmp_path / "own")
    write(tmp_path / "groups" / file, "max\n")
    assert hardware.memory_gib(tmp_path / "groups", tmp_path / "own") == without
    write(tmp_path / "groups" / file, f"{2**28}\n")
    assert hardware.memory_gib(tmp_path / "groups", tmp_path / "own") == 0.25


def test_memory_is_unknown_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> int:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "sysconf", refuse, raising=False)
    assert hardware.memory_gib() is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Other\n",
            "Some CPU @ 2 GHz",
        ),
        ("processor\t: 0\nBogoMIPS\t: 50\n", "aarch64"),
    ],
)
def test_the_name_of_the_processor(
    text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "cpuinfo", text)
    monkeypatch.setattr(hardware, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr("platform.processor", lambda: "")
    assert hardware.processor() == name
    monkeypatch.setattr(hardware, "_CPUINFO", tmp_path / "missing")
    assert hardware.processor() == "aarch64"


def test_the_cores_of_the_affinity_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7, 2}, raising=False)
    assert hardware.core_numbers() == (2, 7)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert hardware.core_numbers() == (0, 1, 2)


def test_a_share_is_told_by_its_job_and_its_control_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for job, group in (("1", "0::/a\n"), ("1", "0::/b\n"), ("2", "0::/a\n")):
        write(tmp_path / "own", group)
        monkeypatch.setattr(hardware, "_OWN_CGROUP", tmp_path / "own")
        monkeypatch.setenv("SLURM_JOB_ID", job)
        found.append(hardware.share())
        assert hardware.share() == found[-1]
    assert len(set(found)) == 3
    monkeypatch.setattr(hardware, "_OWN_CGROUP", tmp_path / "missing")
    assert hardware.share()


VARIABLES = {
    "XLA_FLAGS": "--a=true",
    "TF_XLA_FLAGS": "--b",
    "TF_DETERMINISTIC_OPS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_SET_ONEDNN_FPMATH_MODE": "BF16",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "DNNL_DEFAULT_FPMATH_MODE": "bf16",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F",
}
OTHERS = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA": "1"}


def test_the_variables_that_change_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith(("TF_", "XLA_", "OPENBLAS_", "ONEDNN_", "DNNL_", "NPY_")):
            monkeypatch.delenv(name)
    assert environment_variables.variables_in_force() == ""
    for name, value in (VARIABLES | OTHERS | {"OPENBLAS_CORETYPE": "Haswell"}).items():
        monkeypatch.setenv(name, value)
    assert environment_variables.changing_variables() == VARIABLES
    in_force = sorted((VARIABLES | {"OPENBLAS_CORETYPE": "Haswell"}).items())
    said = " ".join(f"{each}={value}" for each, value in in_force)
    assert environment_variables.variables_in_force() == said


IN_FORCE = """
import os, sys
os.environ["XLA_FLAGS"] = "--xla_cpu_enable_fast_math=true"
if sys.argv[1] == "before":
    import tensorflow
from relu_bench.machine.quiet_tensorflow import ENVIRONMENT, keras
from relu_bench.training.trainer import Trainer
from relu_bench.config.experiment import Experiment
from relu_bench.config.plan import make_plan
fields = {"dataset": ("digits",), "model": ("mlp(hidden=[4])",), "epochs": (1,)}
(spec,) = make_plan(Experiment("test", fields, seeds=(0,)))
print([Trainer(xla=False).train(spec).summary["environment"], os.environ.get("XLA_FLAGS")])
"""


FLAG = "--xla_cpu_enable_fast_math=true"


@pytest.mark.parametrize(
    ("when", "said"), [("never", [None, None]), ("before", [f"XLA_FLAGS={FLAG}", FLAG])]
)
def test_a_run_says_what_was_in_force_when_tensorflow_was_imported(
    when: str, said: list[str | None]
) -> None:
    environment = {name: value for name, value in os.environ.items() if "OPENBLAS_" not in name}
    done = subprocess.run(
        [sys.executable, "-c", IN_FORCE, when],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout == f"{said}\n"


@pytest.mark.parametrize("name", ["XLA_FLAGS", "TF_XLA_FLAGS"])
def test_a_flag_that_xla_does_not_know_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "--bogus")
    with pytest.raises(ReluBenchError, match=rf"{name} of its environment \(.*Unknown flag.*bogus"):
        environment_variables.check_flags()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_in_use_grows_with_what_is_taken() -> None:
    before = hardware.memory_in_use()
    taken = bytearray(b"x" * 2**26)
    assert hardware.memory_in_use() - before > len(taken) // 2
