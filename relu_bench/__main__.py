"""The entry of `relu-bench` and of `python -m relu_bench`."""

import gc
import sys

# A command makes a million lasting objects by importing, and ends soon: looking through them for
# garbage as often as Python does by default takes a fifth of the time of an import.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command, as the only thing that this process does."""
    # Imported in order: the streams and signals must be ours before anything else can fail.
    from relu_bench.cli import process

    process.set_up()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    try:
        from relu_bench.cli import main as command

        command()
    except KeyboardInterrupt:  # while it was imported
        sys.exit(process.exit_code(130))
    except SystemExit as end:
        sys.exit(process.exit_code(end.code))
    finally:
        # Python looks through all that is left when it ends, too: up to a quarter of a second.
        gc.freeze()


if __name__ == "__main__":
    main()
