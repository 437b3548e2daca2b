"""Texts of two or more classes that can be told apart by a word, in every layout."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

Texts = Mapping[str, Sequence[str]]


def small_texts(count: int = 20, classes: Sequence[str] = ("neg", "pos")) -> dict[str, list[str]]:
    """`count` distinct texts of each class; each holds the class's own word."""
    return {
        name: [f"Number {number}: a film, {name}ative to the {number % 7}th degree!" for number in
               range(count)]
        for name in classes
    }  # fmt: skip


def write_files(folder: Path, texts: Texts) -> Path:
    """A sub-folder for each class, a text in each file."""
    for name, several in texts.items():
        (folder / name).mkdir(parents=True)
        for number, text in enumerate(several):
            (folder / name / f"{number}.txt").write_text(text + "\n", encoding="utf-8")
    return folder


def write_lines(folder: Path, texts: Texts, pattern: str = "reviews.{}") -> Path:
    """A file for each class, a text in each line."""
    folder.mkdir(parents=True)
    for name, several in texts.items():
        content = "".join(f"{text} \n" for text in several)
        (folder / pattern.format(name)).write_text(content, encoding="utf-8")
    return folder


def write_table(path: Path, texts: Texts) -> Path:
    """A CSV file, its rows in turn from each class, with a column that is not needed."""
    rows = [(text, name) for name, several in texts.items() for text in several]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label", "text"])
        writer.writerows((number, name, text) for number, (text, name) in enumerate(rows[::-1]))
    return path
