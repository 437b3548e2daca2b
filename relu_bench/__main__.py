"""The entry of `relu-bench` and of `python -m relu_bench`."""

import gc

# A command makes a million lasting objects by importing, and ends soon: looking through them for
# garbage as often as Python does by default takes a fifth of the time of an import.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command, as the only thing that this process does."""
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    # Imported here, because every worker process imports its parent's main module again.
    from relu_bench.cli import main as command

    try:
        command()
    finally:
        # Python looks through all that is left when it ends, too: up to a quarter of a second.
        gc.freeze()


if __name__ == "__main__":
    main()
