"""The entry of `relu-bench` and of `python -m relu_bench`."""


def main() -> None:
    """Run the command."""
    # Imported here, because every worker process imports its parent's main module again.
    from relu_bench.cli import main as command

    command()


if __name__ == "__main__":
    main()
