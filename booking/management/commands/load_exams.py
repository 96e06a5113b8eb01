"""`manage.py load_exams [FILE.csv]`: the kinds of scan, from the network's file or from ours."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from booking.exams import catalogue, exam_codes_file, exams_file, publishing
from booking.exams.exams_file import ExamRow
from booking.identifiers.actors import Actor, ActorKind
from received.csv_table import FileRefused

FILE = Path(__file__).resolve().parents[2] / "data" / "exams.csv"
CODES_FILE = FILE.with_name("exam_codes.csv")


class Command(BaseCommand):
    """Loads the exams, all or none; safe to run again."""

    help = (
        "Load the kinds of scan from a CSV file (docs/exams-file.md). Without one, those that come "
        "with the service, unless the network loaded a file of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, another with codes, and whether only to look."""
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--codes", type=Path, help="codes of NICIP and SNOMED CT, a CSV file")
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what became of each exam that changed, then the counts."""
        path, codes = options["file"], options["codes"]
        with transaction.atomic():
            if path is None and catalogue.has_own():
                self.stdout.write("Exams: the network’s own stand. Name a file to replace them.")
            else:
                codes = codes or (None if path else CODES_FILE)
                self._load(path or FILE, dry_run=options["dry_run"])
            if codes and not options["dry_run"]:
                _load_codes(codes)

    def _load(self, path: Path, *, dry_run: bool) -> None:
        rows = _read(path)
        is_own = path.resolve() != FILE
        changes = catalogue.load(rows, is_own=is_own, dry_run=dry_run)
        if is_own and not dry_run:
            publishing.write_down_exams(changes, now=timezone.now(), actor=Actor(ActorKind.COMMAND))
        for change in changes if is_own or dry_run else []:
            if change.became != "unchanged":
                said = f"{change.line or '':>5}  {change.became:<9} {change.code:<32} "
                self.stdout.write(f"{said}{change.details}".rstrip())
        if is_own:
            self._warn(rows)
        counts = Counter(change.became for change in changes)
        said = ", ".join(f"{count} {became}" for became, count in counts.items())
        self.stdout.write(f"Exams: {len(rows)} kinds of scan{' (dry run)' * dry_run}: {said}.")

    def _warn(self, rows: list[ExamRow]) -> None:
        for row in catalogue.without_times(rows, now=timezone.now()):
            self.stderr.write(
                f"line {row.line}: warning: no time to come would do for {row.fields['code']}. Are "
                f"{row.fields['minutes']} minutes right? Nobody can book it until there is one."
            )


def _read(path: Path) -> list[ExamRow]:
    try:
        return exams_file.read(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except FileRefused as refusal:
        raise CommandError(f"{path.name}: nothing was loaded.\n{refusal}") from None


def _load_codes(path: Path) -> None:
    try:
        exam_codes_file.load(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except FileRefused as refusal:
        raise CommandError(str(refusal)) from None
