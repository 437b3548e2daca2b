"""Let `python -m relu_bench` be the command `relu-bench`."""

from relu_bench.cli import main

if __name__ == "__main__":
    main()
