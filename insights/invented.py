"""Whether the figures are invented, and that real ones never mix with them in silence."""

from django.db import transaction

from insights.models import (
    DayFigure,
    Dm01Month,
    Invented,
    NeedMonth,
    PersonMonth,
    PlaceMonth,
    TrustMonth,
)

FIGURES = (
    DayFigure.objects,
    TrustMonth.objects,
    PlaceMonth.objects,
    PersonMonth.objects,
    NeedMonth.objects,
)


class FiguresAreInvented(Exception):
    """Real figures would be mixed with invented ones. Says what to do."""


class FiguresAreReal(Exception):
    """Invented figures would be mixed with real ones. Says what to do."""


def banner() -> str:
    """Return what every page of figures says, empty if they are real."""
    return Invented.objects.order_by("pk").values_list("note", flat=True).first() or ""


def stands() -> bool:
    """Return whether the figures are invented."""
    return Invented.objects.exists()


def make_way_for_real(*, replace: bool) -> bool:
    """Clear what is invented, if it may be replaced; return whether anything was.

    Belongs before real figures are counted. Raises FiguresAreInvented, and clears nothing, unless
    it may: who counts real figures then decides that the invented ones go.
    """
    if not stands():
        return False
    if not replace:
        raise FiguresAreInvented(
            "The figures here are invented. To throw them away and count real ones, add"
            " --replace-invented."
        )
    clear()
    return True


def make_way_for_invented() -> None:
    """Clear what was invented before. Raises FiguresAreReal if real figures are there."""
    if stands():
        clear()
    elif any(rows.exists() for rows in FIGURES):
        raise FiguresAreReal("Real figures are here. They are not mixed with invented ones.")


def clear() -> None:
    """Take away all figures, what 2019/20 was said to be with them, and the mark."""
    with transaction.atomic():
        made_at = Invented.objects.values("at")
        Dm01Month.objects.filter(loaded_at__in=made_at).delete()
        for rows in (*FIGURES, Invented.objects):
            rows.all().delete()
