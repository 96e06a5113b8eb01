"""The demo's people, made through the product's own doors, counted plainly row by row."""

from collections import Counter
from datetime import date

import pytest

from booking.models import Alert, Appointment, AuditEntry, FrozenSlot, LostSlot, Slot
from insights import waits
from insights.building import count_day
from insights.days import days_between
from insights.measures import COUNTERS
from insights.models import DayFigure
from notifications.models import Inbound, Message
from tests.booking.demo.test_life import life  # noqa: F401 - a fixture
from times.bank_holidays import is_bank_holiday
from times.london import LONDON

FIRST, LAST = date(2026, 11, 1), date(2026, 12, 16)
TOOK_PLACE = {"pending", "booked", "attended", "did_not_attend"}
AT_DESK = {"not_wanted", "cannot_come", "unwell", "elsewhere", "died"}


@pytest.fixture
def counted(life):  # noqa: F811
    """Return what a counter counts, as {(day, group, trust): n}, and the same of totals."""

    def counted(code):
        waits.refresh()
        (counter,) = (one for one in COUNTERS if one.code == code)
        for day in days_between(FIRST, LAST):
            count_day(day, [counter])
        n, total = Counter(), Counter()
        for row in DayFigure.objects.filter(counter=code):
            n[row.day, row.group, row.trust] += row.n
            total[row.day, row.group, row.trust] += row.total
        return dict(n), dict(total)

    return counted


def here(moment):
    return moment.astimezone(LONDON)


def plain(rows):
    """Count (moment, group, trust) by England's days."""
    made = Counter((here(at).date(), group, trust) for at, group, trust in rows)
    return {key: n for key, n in made.items() if FIRST <= key[0] <= LAST}


def acts(*actions):
    """Yield acts that nobody took back."""
    undone = {
        (one.appointment_id, one.detail["undid"]): one.pk
        for one in AuditEntry.objects.filter(action="undone").order_by("pk")
    }
    entries = AuditEntry.objects.filter(action__in=actions).select_related("appointment__site")
    for one in entries:
        if one.appointment and undone.get((one.appointment_id, one.action), 0) < one.pk:
            yield one


def who(entry):
    reason, kind = entry.detail.get("reason") or "", entry.actor.split(" ")[0]
    if kind == "patient" or reason.startswith("pat") or (kind == "staff" and reason in AT_DESK):
        return "patient"
    return "trust" if kind in ("key", "feed", "import") or reason == "withdrawn" else "us"


def notice(entry):
    days = (here(entry.appointment.start).date() - here(entry.at).date()).days
    return "0" if days < 1 else "1-2" if days < 3 else "3-7" if days < 8 else "8+"


def test_cancellations_tie_out_by_whom_and_notice(counted):
    found = plain(
        (one.at, f"{who(one)} {notice(one)}", one.appointment.site.trust_id)
        for one in acts("cancelled")
    )

    assert found
    assert counted("cancelled")[0] == found


def test_displaced_tie_out_by_how_it_ended(counted):
    def ended(entry):
        again = Appointment.objects.filter(
            referral=entry.referral_id, status__in=TOOK_PLACE, booked_at__gte=entry.at
        )
        if again.exists() or entry.appointment.status in TOOK_PLACE:
            return "rebooked"
        if not entry.referral.ended_at:
            return "waits"
        return "refused" if entry.referral.end_reason == "not_wanted" else "ended"

    found = plain(
        (one.at, ended(one), one.appointment.site.trust_id) for one in acts("displaced", "refused")
    )

    assert found
    assert counted("displaced")[0] == found


@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        ("scans", {"attended"}), ("did_not_attend", {"did_not_attend"}), ("booked", TOOK_PLACE),
    ],
)  # fmt: skip
def test_appointments_tie_out(counted, code, statuses):
    found = plain(
        (one.start, "", one.site.trust_id)
        for one in Appointment.objects.select_related("site") if one.status in statuses
    )  # fmt: skip

    assert found
    assert counted(code)[0] == found


def test_times_tie_out_by_what_became_of_them_and_hours(counted):
    taken = set()
    for one in Appointment.objects.filter(status__in=TOOK_PLACE).prefetch_related("parts"):
        taken.update(one.slot_ids())
    lost = set(FrozenSlot.objects.filter(thawed_at=None).values_list("slot", flat=True))
    lost |= set(LostSlot.objects.filter(outcome="taken").values_list("slot", flat=True))

    def rows():
        for slot in Slot.objects.all():
            what = "taken" if slot.pk in taken else "lost" if slot.pk in lost else ""
            if not what and slot.status == "free" and slot.free_at:
                what = "unused"
            at = here(slot.start)
            ordinary = at.weekday() < 5 and 8 <= at.hour < 18 and not is_bank_holiday(at.date())
            if what:
                yield slot.start, what + ("" if ordinary else "+"), slot.trust_id

    found = plain(rows())

    assert {group for _, group, _ in found} >= {"taken", "unused", "taken+", "unused+"}
    assert counted("slots")[0] == found


@pytest.mark.parametrize(
    ("step", "by"),
    [("acknowledged", "acknowledge_by"), ("booked", "book_by"), ("scanned", "scan_by")],
)
def test_alerts_tie_out_against_their_aims(counted, step, by):
    def rows():
        for alert in Alert.objects.select_related("referral").prefetch_related("events"):
            done = min((one.at for one in alert.events.all() if one.kind == step), default=None)
            if done is None and alert.state == "closed":
                continue
            how = "open" if done is None else "in time" if done <= getattr(alert, by) else "late"
            yield alert.raised_at, how, alert.referral.trust_id

    found = plain(rows())

    assert found
    assert counted(f"alerts_{step}")[0] == found


def test_texts_and_answers_tie_out_with_their_parts(counted):
    trusts = dict(Appointment.objects.values_list("reference", "site__trust"))
    words = {"delivered": "delivered", "undelivered": "not delivered", "failed": "not delivered"}
    sent = [one for one in Message.objects.all() if one.accepted_at]
    found = plain(
        (one.accepted_at, words.get(one.state, "not known"), trusts.get(one.subject, ""))
        for one in sent
    )
    came = plain((one.received_at, "read" if one.command else "not read", "")
                 for one in Inbound.objects.all())  # fmt: skip
    parts = sum(one.segments for one in sent if FIRST <= here(one.accepted_at).date() <= LAST)

    n, total = counted("texts")
    assert n == found
    assert counted("replies")[0] == came
    assert sum(total.values()) == parts
