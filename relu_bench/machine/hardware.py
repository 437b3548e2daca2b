"""What this process may use of the machine: cores, memory, the processor's name."""

import hashlib
import math
import os
import platform
import re
import socket
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")
_CPUINFO = Path("/proc/cpuinfo")
_PAGES = Path("/proc/self/statm")


def available_cores(cgroups: Path = _CGROUPS, own_cgroup: Path = _OWN_CGROUP) -> int:
    """Cores that this process may use: affinity, container quota and SLURM's word respected."""
    quotas = [_cgroup_quota(folder) for folder in _cgroup_folders(cgroups, own_cgroup, "cpu")]
    limits = [len(core_numbers()), *quotas, _slurm_cores()]
    return max(1, min(limit for limit in limits if limit is not None))


def core_numbers() -> tuple[int, ...]:
    """The system's numbers of the cores that this process may run on, by its affinity."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def share() -> str:
    """What limits this process apart from its affinity: its batch job and its control group.

    Equal for processes that share one quota.
    """
    job, group = os.environ.get("SLURM_JOB_ID", ""), _text(_OWN_CGROUP)
    return hashlib.sha256(f"{job}\n{group}".encode()).hexdigest()[:12]


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    text = _text(_CPUINFO)
    if not text:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def instructions() -> str:
    """Text that is equal for processors for which a compiler makes the same machine code.

    Where the system does not tell, it is this machine's alone.
    """
    # Of the first core; what changes by itself (clock rate, BogoMIPS) is left out.
    found = re.findall(
        r"^((?:vendor_id|cpu family|model|model name|stepping|flags|Features|CPU \w+)\s*:.*)$",
        _text(_CPUINFO).split("\n\n")[0],
        re.MULTILINE,
    )
    return "\n".join(found) or f"{host()} {platform.machine()} {platform.processor()}"


def host() -> str:
    """The machine's name in the network."""
    return socket.gethostname()


def memory_gib(cgroups: Path = _CGROUPS, own_cgroup: Path = _OWN_CGROUP) -> float | None:
    """Memory for this process in GiB, that of the machine or of its container.

    None where the system does not tell.
    """
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    limits = [
        _text(folder / name).strip()
        for folder in _cgroup_folders(cgroups, own_cgroup, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    return min([physical, *(int(limit) for limit in limits if limit.isdecimal())]) / 2**30


def memory_in_use() -> int:
    """Bytes of memory that this process has; 0 where the system does not tell (not Linux)."""
    pages = _text(_PAGES).split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def _text(path: Path) -> str:
    """What the system says there; empty where there is no such file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _slurm_cores() -> int | None:
    given = os.environ.get("SLURM_CPUS_PER_TASK", "")
    return int(given) if given.isdecimal() and int(given) > 0 else None


def _cgroup_folders(cgroups: Path, own_cgroup: Path, controller: str) -> list[Path]:
    """The control group of this process and those around it: each one's limit holds.

    A container sees its own group as the root; a systemd slice or a batch job lies deeper.
    """
    folders = [cgroups, cgroups / controller]
    for line in _text(own_cgroup).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            top = cgroups if controllers == "" else cgroups / controller
            inside = top / path.strip("/")
            folders += [inside, *list(inside.parents)[: len(inside.parts) - len(top.parts)]]
    return list(dict.fromkeys(folders))


def _cgroup_quota(cgroup: Path) -> int | None:
    """The quota of one control group in whole cores, rounded up: version 2, then version 1."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (cgroup / "cpu.cfs_quota_us").read_text().strip()
            period = (cgroup / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if not quota.isdecimal() or not period.isdecimal() or int(period) == 0:
        return None
    return max(1, math.ceil(int(quota) / int(period)))
