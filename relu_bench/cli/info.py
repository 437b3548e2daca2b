"""`relu-bench info`: versions, processor, memory, devices; for a bug report or a paper."""

import platform

import typer


def info() -> None:
    """Versions, processor, memory and devices."""
    from relu_bench.machine import hardware, provenance

    described = provenance.describe()
    memory = hardware.memory_gib()
    rows = {
        "relu-bench": described["relu_bench_version"],
        "git commit": described["git_commit"] or "none (installed from a wheel)",
        "Python": platform.python_version(),
        **{
            package: provenance.version_of(package) or "not installed"
            for package in ("tensorflow", "keras", "numpy", "pandas", "matplotlib", "scipy")
        },
        "system": platform.platform(),
        "processor": described["processor"],
        "cores": f"{hardware.available_cores()} for this process",
        "memory": "unknown" if memory is None else f"{memory:.1f} GiB",
        "devices": _devices(),
    }
    for name, value in rows.items():
        typer.echo(f"{name:<11} {value}")


def _devices() -> str:
    from relu_bench.machine.quiet_tensorflow import tf

    devices = [
        device.name.removeprefix("/physical_device:")
        for device in tf.config.list_physical_devices()
    ]
    return ", ".join(devices) + " (relu-bench trains on processors; GPUs stay hidden)"
