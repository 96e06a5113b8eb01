"""What a trust says that it has of us: a table, or the Appointments as it read them."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from booking.exchange.fhir_systems import NHS_NUMBER
from booking.identifiers import people
from booking.identifiers.codes import read_code
from received.text import is_fit, tidy

COLUMNS = ("reference", "status", "start", "slot", "nhs_number")
REQUIRED = {"reference", "status"}
LIVE = ("booked", "pending", "proposed", "arrived", "checked-in")
OVER = ("cancelled", "entered-in-error", "noshow", "fulfilled")
STATUSES = (*LIVE, *OVER)
MOST_BYTES = 256 * 1024 * 1024


class ListUnfit(Exception):
    """The file cannot be read as a list; the text says why, and quotes nothing of it."""


class LineUnfit(Exception):
    """One line cannot be used; the text says why, and quotes nothing of it."""


@dataclass(frozen=True)
class Theirs:
    """One appointment as the trust has it. `slot` is the trust's own number of its time."""

    reference: str
    is_live: bool
    start: datetime | None
    slot: str
    nhs_number: str


def read_list(path: Path) -> Iterator[tuple[int, Theirs | LineUnfit]]:
    """Yield what each line of a file says, with its number, or why it cannot be used.

    A name that ends in .json is a Bundle, a list or lines of Appointments; any other a table.
    Raises ListUnfit.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ListUnfit("it is longer than 256 MB: split it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise ListUnfit(f"it cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ListUnfit("it is not UTF-8") from None
    is_json = path.suffix.lower() in (".json", ".ndjson")
    for number, cells in enumerate(_resources(text) if is_json else _table(text), 1):
        try:
            yield number, _theirs(cells)
        except LineUnfit as refusal:
            yield number, refusal


def _table(text: str) -> Iterator[dict[str, str]]:
    table = csv.DictReader(text.splitlines())
    if missing := REQUIRED - set(table.fieldnames or []):
        raise ListUnfit(f"it has no column {', '.join(sorted(missing))}")
    try:
        for row in table:
            yield {name: (row.get(name) or "").strip() for name in COLUMNS}
    except csv.Error as fault:
        raise ListUnfit(f"it is not CSV: {fault}") from None


def _resources(text: str) -> Iterator[dict[str, str]]:
    try:
        said = json.loads(text)
    except ValueError:
        try:
            said = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise ListUnfit("it is not JSON") from None
    if isinstance(said, dict):
        said = [one.get("resource") for one in said.get("entry", [])] if "entry" in said else [said]
    if not isinstance(said, list):
        raise ListUnfit("it holds no list of Appointments")
    for one in said:
        yield _cells(one)


def _cells(one: Any) -> dict[str, str]:
    """Return an Appointment as a line of the table; empty cells where it is none."""
    try:
        slots = [slot.get("identifier", {}).get("value", "") for slot in one.get("slot", [])]
        numbers = [
            identifier.get("value", "")
            for patient in one.get("contained", [])
            for identifier in patient.get("identifier", [])
            if identifier.get("system") == NHS_NUMBER
        ]
        found = {
            "reference": one.get("id"), "status": one.get("status"), "start": one.get("start"),
            "slot": next(iter(slots), ""), "nhs_number": next(iter(numbers), ""),
        }  # fmt: skip
    except (AttributeError, TypeError):
        return dict.fromkeys(COLUMNS, "")
    return {name: value if isinstance(value, str) else "" for name, value in found.items()}


def _theirs(cells: dict[str, str]) -> Theirs:
    if not all(map(is_fit, cells.values())):
        raise LineUnfit("it holds a character that cannot be kept")
    reference = read_code(cells["reference"])
    if reference is None:
        raise LineUnfit("reference: not one of ours")
    status = cells["status"].lower()
    if status not in STATUSES:
        raise LineUnfit(f"status: one of {', '.join(STATUSES)}")
    try:
        number = people.read_nhs_number(cells["nhs_number"]) or ""
    except people.WrongCheckDigit:
        number = ""
    slot = tidy(cells["slot"])[:64]
    return Theirs(reference, status in LIVE, _moment(cells["start"]), slot, number)


def _moment(typed: str) -> datetime | None:
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise LineUnfit("start: an instant with its offset, as 2026-12-01T09:30:00+00:00") from None
    if moment.tzinfo is None:
        raise LineUnfit("start: it has no offset, as in 2026-12-01T09:30:00+00:00")
    return moment.astimezone(UTC)
