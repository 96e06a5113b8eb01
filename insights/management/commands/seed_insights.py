"""`manage.py seed_insights`: two years of figures of an invented network, for a demo."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from insights import breach_list, invented
from insights.demo import making


class Command(BaseCommand):
    """Invents the figures and marks them. Safe to run again."""

    help = "Invent two years of figures; every page then says that they are invented."

    def handle(self, *args: Any, **options: Any) -> None:
        """Put the figures in, or say why not."""
        if settings.PRODUCTION:
            raise CommandError("This invents figures. It does not run in production.")
        try:
            made = making.create(timezone.now())
        except making.NoPlaces as error:
            raise CommandError(str(error)) from None
        except invented.FiguresAreReal as error:
            self.stdout.write(str(error))
            return
        breach_list.build(timezone.now())  # of the demo's own requests, as each hour from now on
        said = f"{made:,} rows invented" if made else "there already"
        self.stdout.write(f"Two years of figures: {said}.")
