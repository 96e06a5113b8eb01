"""The page of targets and re-basing: set, change, take away, each with a reason; two at once."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from insights.models import Rebase, Target
from insights.targets import parts_of, target_of

PAGE = "/staff/insights/settings/"
SENT = {
    "measure": "invented", "trust": "all", "value": "2.5", "month": "2026-11",
    "why": "The board said so", "seen": "0",
}  # fmt: skip


def text(answer):
    return answer.content.decode()


def seen_in(answer):
    return re.search(r'name="seen" value="(\d+)"', text(answer))[1]


def test_a_target_is_set_changed_and_taken_away_and_all_of_it_stays_on_the_page(
    administrator, invented
):
    form = administrator.get(reverse("insights-target"))
    sent = {**SENT, "seen": seen_in(form)}
    answer = administrator.post(reverse("insights-target"), sent, follow=True)
    assert "The target is set." in text(answer)
    assert target_of(invented) == 2.5

    change = reverse("insights-target-change", args=[1])
    form = administrator.get(change)
    assert 'value="2.5"' in text(form)
    again = {**SENT, "value": "3", "why": "Not so fast", "seen": seen_in(form)}
    administrator.post(change, again)
    assert target_of(invented) == 3.0

    away = reverse("insights-target-away", args=[2])
    form = administrator.get(away)
    assert "Not so fast" in text(form)
    administrator.post(away, {"why": "Nobody agreed", "seen": seen_in(form)})
    assert target_of(invented) == 1.0
    page = text(administrator.get(PAGE))
    for why in ("The board said so", "Not so fast", "Nobody agreed"):
        assert page.count(why) == 1
    assert "took away: Invented waits, The network, and each trust, from November 2026, 3%" in page


def test_a_chart_is_re_based_for_one_trust_and_joined_again(administrator, invented):
    form = administrator.get(reverse("insights-rebase"))
    sent = {**SENT, "trust": "RTX", "month": "2020-04", "seen": seen_in(form)}
    administrator.post(reverse("insights-rebase"), sent)
    assert parts_of(invented, "RTX") == [date(2020, 4, 1)]
    assert "Morecambe Bay" in text(administrator.get(PAGE))

    away = reverse("insights-rebase-away", args=[1])
    sent = {"why": "A mistake", "seen": seen_in(administrator.get(away))}
    assert administrator.post(away, sent)["Location"] == PAGE
    assert parts_of(invented, "RTX") == []
    assert Rebase.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("measure", "", "Choose a measure"),
        ("measure", "unheard-of", "Choose a measure"),
        ("trust", "RXX", "Choose whose it is"),
        ("month", "2029-01", "Choose a month"),
        ("month", "2026-13", "Choose a month"),
        ("why", "  ", "Say why"),
        ("value", "", "Type the target"),
        ("value", "-1", "Type a number like 5 or 2.5"),
        ("value", "nan", "Type a number like 5 or 2.5"),
        ("value", "1e9", "Type a number like 5 or 2.5"),
        ("value", "٣", "Type a number like 5 or 2.5"),
        ("value", "1%", "Type a number like 5 or 2.5"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_done(administrator, invented, name, value, said):
    answer = administrator.post(reverse("insights-target"), {**SENT, name: value})

    assert answer.status_code == 400
    assert said in text(answer)
    assert Target.objects.count() == 0


@pytest.mark.parametrize("seen", ["", "x", "7", "-1", "99999999999999999999"])
def test_a_page_that_is_not_as_it_was_shown_does_nothing_and_keeps_what_was_typed(
    administrator, invented, seen
):
    first = administrator.post(reverse("insights-target"), SENT)
    answer = administrator.post(reverse("insights-target"), {**SENT, "why": "Mine", "seen": seen})

    assert first.status_code == 302
    assert answer.status_code == 409
    assert "Somebody changed this a moment ago" in text(answer)
    assert Target.objects.count() == 1
    form = administrator.get(reverse("insights-target"))
    assert "Mine" in text(form)
    assert seen_in(form) == "1"


@pytest.mark.parametrize("name", ["insights-target-away", "insights-rebase-away"])
def test_what_does_not_stand_any_more_leads_back_to_the_page(administrator, invented, name):
    answers = [
        administrator.get(reverse(name, args=[7]), follow=True),
        administrator.post(reverse(name, args=[7]), {"why": "x", "seen": "0"}, follow=True),
    ]
    for answer in answers:
        assert "Somebody changed this a moment ago" in text(answer)


def test_taking_away_needs_a_reason(administrator, invented):
    administrator.post(reverse("insights-target"), SENT)
    answer = administrator.post(reverse("insights-target-away", args=[1]), {"seen": "1"})

    assert answer.status_code == 400
    assert "Say why" in text(answer)
    assert Target.objects.count() == 1


def test_a_measure_that_is_no_more_keeps_its_history(administrator, invented):
    administrator.post(reverse("insights-target"), SENT)
    Target(
        number=2, measure="gone", trust="RXX", month=date(2026, 1, 1), value=7, why="Once",
        by="staff 0", at=Target.objects.get().at,
    ).save()  # fmt: skip

    page = text(administrator.get(PAGE))
    assert "gone" in page
    assert "RXX" in page


@pytest.mark.parametrize("role", ["clerk", "lead", "imaging", "trust_admin"])
def test_nobody_else_sets_anything(two_trusts, make_staff, invented, role):
    browser = Client()
    browser.force_login(make_staff(role).user)

    for name in ("insights-settings", "insights-target", "insights-rebase"):
        assert browser.get(reverse(name)).status_code == 403
    assert browser.post(reverse("insights-target"), SENT).status_code == 403
    assert Target.objects.count() == 0
