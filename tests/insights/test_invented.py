"""What is invented says so, and makes way for what is real only when somebody decides so."""

from datetime import date

import pytest

from insights import invented
from insights.models import DayFigure, Invented, NeedMonth, PersonMonth, PlaceMonth, TrustMonth

MONTHS = (TrustMonth, PlaceMonth, PersonMonth, NeedMonth)


@pytest.fixture
def figures(db):
    about = {"counter": "scans", "trust": "RXL", "modality": "CT", "n": 3}
    DayFigure.objects.create(day=date(2026, 10, 1), **about)
    for model in MONTHS:
        model.objects.create(month=date(2026, 10, 1), **about)


def all_of_them():
    return [model.objects.count() for model in (DayFigure, *MONTHS, Invented)]


def test_of_real_figures_nothing_is_said_and_nothing_is_cleared(figures):
    assert invented.banner() == ""
    assert invented.make_way_for_real(replace=True) is False
    assert all_of_them() == [1, 1, 1, 1, 1, 0]
    with pytest.raises(invented.FiguresAreReal):
        invented.make_way_for_invented()


def test_invented_figures_stay_unless_they_may_be_replaced(figures, now):
    Invented.objects.create(note="Invented.", at=now)

    with pytest.raises(invented.FiguresAreInvented, match="--replace-invented"):
        invented.make_way_for_real(replace=False)
    assert all_of_them() == [1, 1, 1, 1, 1, 1]
    assert invented.banner() == "Invented."


@pytest.mark.parametrize("clear", [
    lambda: invented.make_way_for_real(replace=True), invented.make_way_for_invented,
])  # fmt: skip
def test_then_all_of_them_go_with_the_mark(figures, now, clear):
    Invented.objects.create(note="Invented.", at=now)

    clear()

    assert all_of_them() == [0] * 6
    assert not invented.stands()
