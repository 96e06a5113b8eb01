"""`manage.py load_exams`: the kinds of scan, from booking/data/exams.csv."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from booking.models import Exam

FILE = Path(__file__).resolve().parents[2] / "data" / "exams.csv"


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
                        "contrast": row["contrast"] == "1",
                        "prepare_minutes": int(row.get("prepare_minutes") or 0),
                        "preparation": row["preparation"].replace("|", "\n"),
                        "bring": row["bring"].replace("|", "\n"),
                    },
                )
        self.stdout.write(f"Exams: {Exam.objects.count()} kinds of scan.")
