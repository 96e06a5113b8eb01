"""`manage.py check_questions FILE`: whether a file of questions can be used, and what is in it."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from booking.exams.questions import file


class Command(BaseCommand):
    """Checks a file of questions; changes nothing."""

    help = "Check a file of the questions before a scan, and say what is wrong with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file; without one, the service's own."""
        parser.add_argument("file", nargs="?", type=Path, default=file.FILE)

    def handle(self, *args: Any, **options: Any) -> None:
        """Say each error and fail; or how many questions there are, and what follows from them."""
        path: Path = options["file"]
        try:
            questions = file.read(path)
        except OSError as error:
            raise CommandError(f"{path.name} cannot be read: {error.strerror}") from None
        except file.QuestionFileInvalid as invalid:
            raise CommandError("\n".join(invalid.errors)) from None
        times = Counter(choice.outcome for one in questions for choice in one.choices)
        said = ", ".join(f"{number} {outcome}" for outcome, number in times.items())
        self.stdout.write(
            f"Version {questions.version}: {len(questions.questions)} questions. Answers: {said}."
        )
