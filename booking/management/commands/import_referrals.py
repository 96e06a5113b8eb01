"""`manage.py import_referrals FILE.csv`: referrals of a trust whose system cannot call us."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.timezone import localdate

from booking.identifiers.actors import Actor, ActorKind
from booking.identifiers.dates import DateInvalid, DayKind, read_day
from booking.patients import reach
from booking.referrals import intake, submission
from received.text import is_fit, tidy
from sites.models import Trust

CONTACT = ("name", "relationship", "phone", "may_speak", "agreed", "agreed_on")
REACH = ("phones", "email", "address", *(f"kin_{part}" for part in CONTACT),
         *(f"speaker_{part}" for part in CONTACT))  # fmt: skip
"""How else to reach the patient: the next of kin, and somebody else who may speak for them."""
COLUMNS = ("trust", *submission.TYPED, "needs", *REACH, "former_names")
REQUIRED = set(COLUMNS) - {"nhs_number", "mobile", "postcode", "needs", *REACH, "former_names"}
PHONES = {"mobile", "phones", "kin_phone", "speaker_phone"}
YES_OR_NO = {"": None, "yes": True, "no": False}
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What no name or number begins with: a cell that a spreadsheet would run."""


class Command(BaseCommand):
    """Takes referrals from a file; safe to run again."""

    help = (
        "Take referrals from a CSV file. One bad row refuses only itself; a row that is in"
        f" already changes nothing. Columns: {', '.join(COLUMNS)}; needs, phones, address"
        " and former names are split at |."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whether to change anything."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take each row in a transaction of its own; print what became of all."""
        counts = {"new": 0, "there already": 0, "refused": 0}
        known = set(Trust.objects.values_list("code", flat=True))
        for number, row in self._rows(options["file"]):
            try:
                new = self._take(row, known, dry_run=options["dry_run"])
            except submission.ReferralInvalid as refused:
                counts["refused"] += 1
                # What is wrong, never what was typed: the output may be kept.
                for name, what in refused.errors.items():
                    self.stderr.write(f"row {number}: {name}: {what}")
            else:
                counts["new" if new else "there already"] += 1
        said = ", ".join(f"{count} {what}" for what, count in counts.items())
        self.stdout.write(f"{'Dry run: nothing is saved. ' if options['dry_run'] else ''}{said}.")

    def _rows(self, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield each row with its number as a spreadsheet shows it. Raises CommandError."""
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                table = csv.DictReader(lines)
                missing = REQUIRED - set(table.fieldnames or [])
                if missing:
                    raise CommandError(f"The file has no column {', '.join(sorted(missing))}.")
                for number, row in enumerate(table, 2):
                    yield number, {name: _cell(row.get(name)) for name in COLUMNS}
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from None
        except csv.Error as error:
            raise CommandError(f"This is not CSV: {error}.") from None
        except UnicodeDecodeError:
            raise CommandError("The file is not UTF-8. Save it as CSV UTF-8.") from None

    def _take(self, row: dict[str, str], known: set[str], *, dry_run: bool) -> bool:
        errors = {
            name: "starts like a formula"
            for name in row
            if name not in PHONES and row[name].startswith(FORMULAS)
        }
        trust = row["trust"].strip().upper()
        if trust not in known:
            errors["trust"] = "there is no such trust"
        if not row["identifier"].strip():
            errors["identifier"] = "the trust’s own number is missing"
        contacts = tuple(_read_contact(row, field, errors) for field in ("kin", "speaker"))
        if errors:
            raise submission.ReferralInvalid(errors)
        words = {name: row[name] for name in submission.TYPED}
        needs = tuple(word.strip() for word in row["needs"].split("|") if word.strip())
        found = reach.SentReach(
            reach.phones_typed(row["phones"]), row["email"], row["address"], contacts
        )
        before = tuple(
            submission.FormerName("", name.strip())
            for name in row["former_names"].split("|")
            if name.strip()
        )
        sent = submission.ReferralSubmission(
            trust=trust, needs=needs, reach=found, former_names=before, **words
        )
        with transaction.atomic():
            _, new = intake.create_referral(
                sent, now=timezone.now(), actor=Actor(ActorKind.IMPORT, trust)
            )
            if dry_run:
                transaction.set_rollback(True)
        return new


def _cell(typed: str | None) -> str:
    """Return a cell as it is kept. What is unfit stays in it: its row is refused."""
    cell = typed or ""
    return tidy(cell).strip() if is_fit(cell) else cell


def _read_contact(row: dict[str, str], field: str, errors: dict[str, str]) -> reach.SentContact:
    """Return the contact of the columns that begin so; what cannot be read goes into `errors`."""
    answer, agreed_on = row[f"{field}_may_speak"].strip().lower(), None
    if answer not in YES_OR_NO:
        errors[f"{field}_may_speak"] = "Type yes or no, or leave it empty"
    if row[f"{field}_agreed_on"].strip():
        try:
            agreed_on = read_day(row[f"{field}_agreed_on"], DayKind.CLOCK_START, localdate())
        except DateInvalid as wrong:
            errors[f"{field}_agreed_on"] = wrong.message("The day")
    return reach.SentContact(
        field,
        name=row[f"{field}_name"],
        relationship=row[f"{field}_relationship"],
        phone=row[f"{field}_phone"],
        is_next_of_kin=field == "kin",
        may_speak=YES_OR_NO.get(answer),
        agreed=row[f"{field}_agreed"],
        agreed_on=agreed_on,
    )
