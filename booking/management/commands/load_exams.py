"""`manage.py load_exams`: the kinds of scan, from booking/data/exams.csv."""

import csv
import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from booking.models import Exam, ExamCode

FILE = Path(__file__).resolve().parents[2] / "data" / "exams.csv"
CODES_FILE = FILE.with_name("exam_codes.csv")
SHAPES = {"nicip": re.compile(r"[A-Z0-9]{3,6}"), "snomed": re.compile(r"[1-9]\d{5,17}")}


class Command(BaseCommand):
    """Loads the exams; safe to run again."""

    help = "Load the kinds of scan, with how to prepare for each."

    def handle(self, *args: Any, **options: Any) -> None:
        """Upsert every row. Lines inside a cell are split at |."""
        with FILE.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                Exam.objects.update_or_create(
                    code=row["code"],
                    defaults={
                        "name": row["name"],
                        "modality": row["modality"],
                        "body_part": row["body_part"],
                        "minutes": int(row["minutes"]),
                        "contrast": row["contrast"],
                        "prepare_minutes": int(row.get("prepare_minutes") or 0),
                        "preparation": row["preparation"].replace("|", "\n"),
                        "bring": row["bring"].replace("|", "\n"),
                    },
                )
        _load_codes(CODES_FILE)
        self.stdout.write(f"Exams: {Exam.objects.count()} kinds of scan.")


@transaction.atomic
def _load_codes(path: Path) -> None:
    """Put the file's codes in place of all that were there. Raises CommandError for a wrong row."""
    exams = dict(Exam.objects.values_list("code", "pk"))
    codes: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            key = row["system"], row["code"]
            shape = SHAPES.get(row["system"])
            if row["exam"] not in exams or not shape or not shape.fullmatch(row["code"]):
                raise CommandError(f"{path.name} row {number}: no such exam, system or code.")
            if row["system"] == "snomed" and not is_sctid(row["code"]):
                raise CommandError(
                    f"{path.name} row {number}: a digit of the SNOMED code is wrong."
                )
            if key in codes:
                raise CommandError(f"{path.name} row {number}: this code is there twice.")
            codes[key] = exams[row["exam"]]
    ExamCode.objects.all().delete()
    ExamCode.objects.bulk_create(
        ExamCode(system=system, code=code, exam_id=exam) for (system, code), exam in codes.items()
    )


_D = ["0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
      "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"]  # fmt: skip
_P = ["0123456789", "1576283094", "5803796142", "8916043527",
      "9453126870", "4286573901", "2793806415", "7046913258"]  # fmt: skip
"""Verhoeff's tables, by which the last digit of a SNOMED CT identifier is checked."""


def is_sctid(code: str) -> bool:
    """Whether the check digit of a SNOMED CT identifier is right (Verhoeff)."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_D[check][int(_P[place % 8][int(digit)])])
    return check == 0
