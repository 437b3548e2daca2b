"""A process that stores runs, `store_writer.py FOLDER EXPERIMENT NUMBER...`, and says which."""

import sys
from pathlib import Path

from store_samples import record, run_id

from relu_bench.store import Store


def main(folder: Path, experiment: str, numbers: list[int]) -> None:
    store = Store(folder)
    notices = store.prepare()
    done = store.statuses()
    say("ready")
    for number in numbers:
        if (experiment, run_id(number)) not in done:
            stored = store.append(record(number, experiment=experiment))
            say("stored" if stored else "found", str(number))
    for notice in [*notices, *store.take_notices()]:
        say("notice", notice)


def say(*words: str) -> None:
    """Say it now: whoever is killed a moment later has said it."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [int(number) for number in sys.argv[3:]])
