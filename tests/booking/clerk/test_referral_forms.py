"""Forms that end a referral or change its urgency: what is wrong is said, what was typed stays."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from booking.appointments.warnings import TimeWarning, WarningKind, are_known
from booking.clerk.forms.narrow import FeedsForm, TextsForm
from booking.clerk.forms.referral import EndForm, UrgencyForm
from booking.models import AuditAction, AuditEntry, Draft, Referral, WorklistRow
from booking.patient.forms import ConfirmForm, KnownForm
from booking.referrals.urgency import LONGEST_REASON
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic
from tests.booking.clerk.conftest import abouts, confirm_of, problems, shown_of, text

CARRIED_BY_LINKS = {"page", "back", "next", "many", "who", "shown", "what", "site", "of"}
"""Parameters that no form asks for: our own links and pages carry them."""
NO_REASON, NO_URGENCY = "Choose why it ends", "Choose how urgent it is"
NOT_WHY, TOO_LONG = "Type why it is less urgent", "The reason must be 200 characters or fewer"


def address(referral, page):
    return f"/staff/referrals/{referral.pk}/{page}/"


def described(page, control):
    """What a screen reader says after the name of a group or a box."""
    ids = re.search(rf'{control}[^>]*aria-describedby="([^"]+)"', page)[1].split()
    return [re.search(rf'id="{one}"[^>]*>(.*?)</', page, re.DOTALL)[1].strip() for one in ids]


@pytest.mark.parametrize(
    ("page", "sent", "wrong"),
    [
        ("end", {}, {"reason-withdrawn": NO_REASON}),
        ("end", {"reason": ""}, {"reason-withdrawn": NO_REASON}),
        ("end", {"reason": "bored"}, {"reason-withdrawn": NO_REASON}),
        ("end", {"reason": "done"}, {"reason-withdrawn": NO_REASON}),
        ("urgency", {}, {"urgency-suspected_cancer": NO_URGENCY}),
        ("urgency", {"urgency": "soonish"}, {"urgency-suspected_cancer": NO_URGENCY}),
        ("urgency", {"urgency": "planned"}, {"reason": NOT_WHY}),
        ("urgency", {"urgency": "planned", "reason": "  "}, {"reason": NOT_WHY}),
        (
            "urgency",
            {"urgency": "planned", "reason": "x" * (LONGEST_REASON + 1)},
            {"reason": TOO_LONG},
        ),
        (
            "urgency",
            {"urgency": "soonish", "reason": "x" * 300},
            {
                "urgency-suspected_cancer": NO_URGENCY,
                "reason": TOO_LONG,
            },
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_done(clerk, jane, page, sent, wrong):
    answer = clerk.post(address(jane, page), {**shown_of(jane), **sent})

    said = text(answer)
    assert (answer.status_code, problems(said)) == (400, wrong)
    assert "<title>Error: " in re.sub(r"\s+", " ", said).replace("<title> ", "<title>")
    for part in wrong:
        assert f'id="{part}"' in said
    jane.refresh_from_db()
    assert (jane.ended_at, jane.urgency) == (None, "routine")


def test_what_was_typed_and_picked_stays(clerk, jane):
    long = "The referrer rang & said so. " * 20

    said = text(
        clerk.post(
            address(jane, "urgency"), {"urgency": "planned", "reason": long, **shown_of(jane)}
        )
    )

    assert long.strip().replace("&", "&amp;") in said
    assert re.search(r'value="planned"[^>]* checked', said)
    assert described(said, '<input[^>]*id="reason"') == [
        "Up to 200 characters",
        '<span class="nhsuk-u-visually-hidden">Error:',
    ]


def test_a_reason_of_just_the_longest_is_kept_whole(clerk, jane):
    reason = "é" * LONGEST_REASON

    sent = {"urgency": "planned", "reason": reason, **shown_of(jane)}
    clerk.post(address(jane, "urgency"), sent)

    assert AuditEntry.objects.get(action=AuditAction.URGENCY_CHANGED).detail["reason"] == reason


def test_an_address_ends_nothing_whatever_it_says(clerk, jane):
    seen = confirm_of(clerk.post(address(jane, "end"), {"reason": "elsewhere"}))

    answer = clerk.get(address(jane, "end"), {"reason": "elsewhere", "confirm": seen})

    assert "Yes, end it" in text(answer)
    jane.refresh_from_db()
    assert jane.ended_at is None
    assert clerk.get(address(jane, "end"), {"reason": "bored"}).status_code == 200


def test_a_second_press_says_that_it_has_ended(clerk, jane):
    sent = {"reason": "elsewhere"}
    sent["confirm"] = confirm_of(clerk.post(address(jane, "end"), sent))
    clerk.post(address(jane, "end"), sent)

    again = clerk.post(address(jane, "end"), sent)

    assert again.status_code == 409
    assert "Something changed meanwhile" in text(again)
    assert "This request has ended" in text(again)


@pytest.mark.parametrize("page", ["end", "urgency"])
def test_what_the_end_of_a_session_cut_off_is_filled_in_again(clerk, jane, now, page):
    fields = {"urgency": ["planned"], "reason": ["died" if page == "end" else "Rang"]}
    Draft.objects.create(
        user=clerk.staff.user, page=address(jane, page), fields=fields, kept_at=now
    )

    said = text(clerk.get(address(jane, page)))

    assert re.search(r'value="died"[^>]* checked' if page == "end" else r'value="Rang"', said)


@pytest.mark.parametrize("act", ["", "explode", "closed"])
def test_a_row_is_left_alone_by_a_button_that_is_not_ours(clerk, jane, now, act):
    with transaction.atomic():
        row = rows.open_row(
            "needs_person", RowSubject(Topic.REPLY, "1", referral=jane), "x", now=now, actor="x"
        )
    page = f"/staff/lists/row/{row.pk}/"
    about = abouts(text(clerk.get(page)))[""]

    answer = clerk.post(page, {"do": act, "note": "Rang twice", "about": about})

    assert answer.status_code == 400
    assert problems(text(answer)) == {"main-content": "Press one of the buttons"}
    assert 'value="Rang twice"' in text(answer)
    assert WorklistRow.objects.get().events.count() == 1


def test_a_link_narrows_a_list_to_what_is_ours_and_to_nothing_of_others(clerk, other_trust):
    assert [TextsForm({"state": state}).chosen for state in ("failed", "<b>", "")] == [
        "failed", "", ""]  # fmt: skip
    shown = {code: FeedsForm({"trust": code}, staff=clerk.staff).shown for code in
             ("", "RTX", "RXR", "\0")}  # fmt: skip
    assert shown == {"": {"RTX"}, "RTX": {"RTX"}, "RXR": set(), "\0": set()}


def test_a_late_time_wants_its_own_target_day(jane):
    day = jane.target_day
    late = TimeWarning(WarningKind.LATE, f"late.{day}", target=day)
    said = {"": False, "soon.1": False, f"late.{day}": True, f"near.1,late.{day}": True,
            f"late.{day + timedelta(days=1)}": False, f"late.{day}0": False}  # fmt: skip
    assert {known: are_known([late], KnownForm({"known": known}).said) for known in said} == said
    assert ConfirmForm({"slot": "1", "known": f"late.{day}"}).said == f"late.{day}"
    assert ConfirmForm({"slot": "1"}).said == ""


def test_the_forms_offer_what_can_be_said(jane):
    end = EndForm({"reason": "died"}, reasons=[Referral.End.DIED])
    assert end.is_valid()
    assert not EndForm({"reason": "elsewhere"}, reasons=[Referral.End.DIED]).is_valid()
    assert UrgencyForm({"urgency": "urgent"}, referral=jane).is_valid()


def _read_by_hand(source):
    """Names of parameters that a module takes from request.POST or request.GET without a form."""
    for node in ast.walk(ast.parse(source)):
        is_get = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_get and node.args and node.func.attr in ("get", "getlist"):
            sent, name = node.func.value, node.args[0]
        elif isinstance(node, ast.Subscript):
            sent, name = node.value, node.slice
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            sent, name = node.comparators[0], node.left
        else:
            continue
        if isinstance(sent, ast.Attribute) and sent.attr in ("POST", "GET"):
            yield ast.literal_eval(name)


def test_no_page_reads_by_hand_what_a_person_types_or_picks():
    """Twilio's webhooks are no page; `idle`, `kept` and `refused` say why one signs in."""
    rooms = [Path(settings.BASE_DIR, "booking", room) for room in ("clerk", "patient", "finder")]
    files = [file for room in rooms for file in room.rglob("*.py")]
    files.append(Path(settings.BASE_DIR, "notifications/views.py"))

    read = {name for file in files for name in _read_by_hand(file.read_text(encoding="utf-8"))}

    assert list(_read_by_hand("request.POST.get('a'); r.GET['b']; 'c' in request.POST")) != []
    assert read <= CARRIED_BY_LINKS | {"idle", "kept", "refused"}
