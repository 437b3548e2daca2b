import errno
import os
import threading
from pathlib import Path

import pytest
from store_samples import filled, record

from relu_bench.errors import StoreWriteError
from relu_bench.store import Store, read
from relu_bench.store import lock as store_lock

fcntl = pytest.importorskip("fcntl", reason="locks as POSIX has them")


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_no_locks_is_a_warning_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(code, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    store = Store(tmp_path / "out")
    (warning,) = store.prepare()
    assert warning == (
        f"the file system of {tmp_path / 'out'} has no locks that keep writers apart: let only one "
        "relu-bench at a time write there. Give each task a folder of its own (--out "
        f"{tmp_path / 'out'}/1, --out {tmp_path / 'out'}/2, …) and join them with "
        "`relu-bench merge`."
    )
    assert store.append(record(1))
    assert len(read(store.folder, "runs")) == 1


NFS = "36 35 0:31 / {point} rw,relatime shared:1 - {kind} server:/x rw,vers=3,{options}\n"


@pytest.mark.parametrize(
    ("kind", "options", "warned"),
    [
        ("nfs", "local_lock=none,addr=1.2.3.4", False),
        ("nfs", "local_lock=posix", False),
        ("nfs", "nolock,local_lock=all", True),
        ("nfs", "local_lock=flock,addr=1.2.3.4", True),
        ("lustre", "localflock", True),
        ("ext4", "errors=remount-ro", False),
    ],
)
def test_locks_that_do_not_reach_other_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, options: str, warned: bool
) -> None:
    point = tmp_path / "a share"
    point.mkdir()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        NFS.format(point=str(point).replace(" ", "\\040"), kind=kind, options=options)
        + NFS.format(point=f"{tmp_path}/a", kind="nfs", options="nolock")
        + NFS.format(point="/", kind="nfs", options="nolock")
    )
    monkeypatch.setattr(store_lock, "_MOUNTS", mounts)
    notices = Store(point / "out").prepare()
    assert len(notices) == warned
    assert all("keep writers on other machines apart" in notice for notice in notices)


def test_a_system_that_does_not_list_its_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_lock, "_MOUNTS", tmp_path / "absent")
    assert Store(tmp_path / "out").prepare() == []


@pytest.mark.parametrize("place", [".lock", "."])
def test_a_lock_that_is_held_for_good_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    filled(tmp_path)
    monkeypatch.setattr(store_lock, "_PATIENCE_SECONDS", 0.06)
    descriptor = os.open(tmp_path / place, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(StoreWriteError, match=rf"another process has held .*{place} for 0 min"):
        Store(tmp_path).prepare()
    os.close(descriptor)


def test_threads_wait_for_each_other(tmp_path: Path) -> None:
    store = filled(tmp_path)
    threads = [
        threading.Thread(target=lambda part=part: [store.append(record(n)) for n in range(part, 8)])
        for part in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read(tmp_path, "runs")["seed"]) == list(range(8))
    assert len(read(tmp_path, "epochs")) == 24
