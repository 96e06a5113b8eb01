"""What the files that operators load have in common: columns in any order, faults by line."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from received.csv_table import FileRefused

SAID = 10
"""Faults that are named; of a wrong file every line is one."""


class Faults:
    """What is wrong with a file, by line; said together, so that it is put right at once."""

    def __init__(self, name: str) -> None:
        """Take the name of the file."""
        self.name = name
        self.said: list[str] = []
        self.count = 0

    def add(self, line: int, why: str) -> None:
        """Take down one fault."""
        self.count += 1
        if len(self.said) < SAID:
            self.said.append(f"Line {line}: {why}.")

    def refuse(self) -> None:
        """Raise FileRefused if anything is wrong."""
        if self.count:
            more = [f"And {self.count - SAID} more."] if self.count > SAID else []
            head = f"{self.name}: nothing was loaded."
            raise FileRefused("\n".join([head, *self.said, *more]))


def column_name(typed: str) -> str:
    """Return a column's name as it is compared: small letters, single spaces, no mark before."""
    return " ".join(typed.replace("\ufeff", "").replace("_", " ").lower().split())


def columns_of(header: Sequence[str], wanted: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Return where each wanted column stands, by its first name that the header has."""
    names = [column_name(one) for one in header]
    found = {}
    for column, words in wanted.items():
        there = [names.index(word) for word in words if word in names]
        if there:
            found[column] = there[0]
    return found


def must_have(columns: Mapping[str, int], needed: Iterable[str], faults: Faults, line: int) -> None:
    """Refuse a file without these columns. Raises FileRefused."""
    missing = [one for one in needed if one not in columns]
    if missing:
        faults.add(line, f"there is no column {' or '.join(missing)}")
        faults.refuse()
