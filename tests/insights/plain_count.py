"""The plain count that figures are held against: in Python, of one row after the other.

Nothing here is the room's own: what a measure is, is said once more, in its words.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from booking.models import (
    Alert,
    Appointment,
    AuditEntry,
    FeedCall,
    FrozenSlot,
    LostSlot,
    Referral,
    Slot,
    SoonerAsk,
)
from insights.models import FeedLook, PostcodeArea, Travelled
from insights.reading import Filters
from notifications.models import Inbound, Message
from times.bank_holidays import is_bank_holiday
from times.london import LONDON

TOOK_PLACE = {"pending", "booked", "attended", "did_not_attend"}
AT_DESK = {"not_wanted", "cannot_come", "unwell", "elsewhere", "died"}
NOT_IN_DM01 = {"DX", "NM"}
WAYS = {
    "waiting": "_waiting", "waiting_from_referral": "_waiting", "alerts_booked": "_alerts",
    "alerts_acknowledged": "_alerts", "alerts_scanned": "_alerts",
}  # fmt: skip
"""What counts several counters, each in a way of its own."""
ARRIVED = {"delivered": "delivered", "undelivered": "not", "failed": "not"}


@dataclass(frozen=True)
class Counted:
    """One thing that is counted: what it is known by, a sum that it adds to, what became of it."""

    known: dict[str, object]
    total: int = 0
    what: object = ""


def here(moment: datetime) -> datetime:
    return moment.astimezone(LONDON)


def month_ends(first: date, today: date) -> list[date]:
    """Return the last days of months, and of the last one today."""
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return [day for day in days if (day + timedelta(days=1)).day == 1 or day == today]


class PlainCount:
    """Counts from the rows as they are when it is made; what stands, at the ends of the months."""

    def __init__(self, first: date, today: date) -> None:
        self.first, self.today = first, today
        self._deciles = dict(PostcodeArea.objects.values_list("postcode", "decile"))
        self._found: dict[str, list[Counted]] = {}

    def of(self, counter: str) -> list[Counted]:
        """Return each thing that a counter counts."""
        if counter not in self._found:
            counts = getattr(self, WAYS.get(counter, "_" + counter))
            rows = counts(counter) if counter in WAYS else counts()
            self._found[counter] = list(rows)
        return self._found[counter]

    # --- what waits -------------------------------------------------------------------------------

    def _waiting(self, counter):
        requests = Referral.objects.select_related("patient", "exam")
        rows = list(requests.prefetch_related("appointments"))
        own = defaultdict(list)
        for act in self._acts("cancelled"):
            if counter == "waiting" and who(act) == "patient":
                own[act.referral_id].append(act.at)
        for day in month_ends(self.first, self.today):
            midnight = datetime.combine(day + timedelta(days=1), time(0), LONDON)
            for one in rows:
                if not _waits(one, day, midnight):
                    continue
                again = [at for at in own[one.pk] if at < midnight]
                if counter == "waiting":
                    again += [a.start for a in one.appointments.all()
                              if a.status == "did_not_attend" and a.start < midnight]  # fmt: skip
                since = max([one.clock_start, *(here(at).date() for at in again)])
                yield Counted(self._of_request(one, day), (day - since).days)

    # --- appointments and times -------------------------------------------------------------------

    def _scans(self):
        for one in self._appointments({"attended"}):
            yield Counted(self._on_its_day(one),
                          (here(one.start).date() - one.referral.clock_start).days)  # fmt: skip

    def _booked(self):
        return (Counted(self._on_its_day(one)) for one in self._appointments(TOOK_PLACE))

    def _did_not_attend(self):
        return (Counted(self._on_its_day(one)) for one in self._appointments({"did_not_attend"}))

    def _journeys(self):
        for one, way in self._travelled():
            yield Counted(self._on_its_day(one), way.minutes)

    def _journeys_further(self):
        for one, way in self._travelled():
            yield Counted(self._on_its_day(one), way.minutes - way.nearest)

    def _travelled(self):
        ways = {one.pk: one for one in Travelled.objects.all()}
        for one in self._appointments({"attended"}):
            if one.pk in ways and ways[one.pk].minutes is not None:
                yield one, ways[one.pk]

    def _slots(self):
        taken = set()
        for one in Appointment.objects.filter(status__in=TOOK_PLACE).prefetch_related("parts"):
            taken.update(one.slot_ids())
        lost = set(FrozenSlot.objects.filter(thawed_at=None).values_list("slot", flat=True))
        lost |= set(LostSlot.objects.filter(outcome="taken").values_list("slot", flat=True))
        for slot in Slot.objects.select_related("site"):
            day = here(slot.start).date()
            tomorrow = datetime.combine(day + timedelta(days=1), time(0), LONDON)
            what = "taken" if slot.pk in taken else "lost" if slot.pk in lost else ""
            if not what and slot.status == "free" and slot.free_at and slot.free_at <= tomorrow:
                what = "unused"
            if what and day <= self.today:
                known = self._at_place(slot.site, slot.start) | {"modality": slot.modality}
                yield Counted(known | {"trust": slot.trust_id}, what=what)

    def _appointments(self, statuses):
        rows = Appointment.objects.select_related("referral__patient", "referral__exam", "site")
        for one in rows:
            if one.status in statuses and here(one.start).date() <= self.today:
                yield one

    # --- acts -------------------------------------------------------------------------------------

    def _cancelled(self):
        for act in self._acts("cancelled"):
            days = (here(act.appointment.start).date() - here(act.at).date()).days
            yield Counted(self._by_act(act), what=(who(act), days))

    def _displaced(self):
        again = defaultdict(list)
        for one in Appointment.objects.filter(status__in=TOOK_PLACE):
            again[one.referral_id].append(one.booked_at)
        for act in self._acts("displaced", "refused"):
            has = act.appointment.status in TOOK_PLACE or any(
                at >= act.at for at in again[act.referral_id]
            )
            yield Counted(self._by_act(act), what="rebooked" if has else "")

    def _acts(self, *actions):
        undone = defaultdict(list)
        for one in AuditEntry.objects.filter(action="undone"):
            undone[one.appointment_id].append((one.pk, one.detail["undid"]))
        rows = AuditEntry.objects.filter(action__in=actions).select_related(
            "appointment__site", "appointment__referral__patient", "appointment__referral__exam"
        )
        for act in rows.exclude(appointment=None):
            if not any(pk > act.pk and what in actions for pk, what in undone[act.appointment_id]):
                yield act

    def _by_act(self, act):
        one, day = act.appointment, here(act.at).date()
        return self._at_place(one.site, act.at) | self._person(one.referral, day)

    # --- offers, suspected cancer, texts, feeds ---------------------------------------------------

    def _offers(self):
        asks = SoonerAsk.objects.select_related(
            "offer__slot", "offer__referral__patient", "offer__referral__exam"
        )
        for ask in asks:
            offer = ask.offer
            if offer.why == "sooner":
                is_taken = offer.state == "accepted"
                sooner = ask.was_start - offer.slot.start
                gained = int(sooner / timedelta(days=1)) if is_taken else 0
                known = self._of_request(offer.referral, here(offer.made_at).date())
                yield Counted(known, gained, what="taken" if is_taken else "")

    def _alerts(self, counter):
        step = counter.removeprefix("alerts_")
        by = {"acknowledged": "acknowledge_by", "booked": "book_by", "scanned": "scan_by"}[step]
        rows = Alert.objects.select_related("referral__patient", "referral__exam")
        for alert in rows.prefetch_related("events"):
            done = min((one.at for one in alert.events.all() if one.kind == step), default=None)
            if done is None and alert.state == "closed":
                continue
            is_done = done is not None and done <= getattr(alert, by)
            known = self._of_request(alert.referral, here(alert.raised_at).date())
            yield Counted(known, what="in time" if is_done else "")

    def _texts(self):
        about = {
            one.reference: {"trust": one.site.trust_id, "modality": one.referral.exam.modality}
            for one in Appointment.objects.select_related("site", "referral__exam")
        }
        for one in Message.objects.exclude(accepted_at=None):
            known = about.get(one.subject, {"trust": "", "modality": ""})
            yield Counted(known | _month(one.accepted_at), one.segments,
                          ARRIVED.get(one.state, "not known"))  # fmt: skip

    def _replies(self):
        for one in Inbound.objects.all():
            yield Counted({"trust": "", "modality": ""} | _month(one.received_at))

    def _feed_calls(self):
        for one in FeedCall.objects.all():
            yield Counted({"trust": one.trust_id, "modality": ""} | _month(one.at),
                          what="taken" if one.status < 400 else "")  # fmt: skip

    def _feed_looks(self):
        for one in FeedLook.objects.all():
            known = {"trust": one.trust, "modality": "", "month": one.day.replace(day=1)}
            for number in range(one.looks):
                yield Counted(known, one.minutes if number == 0 else 0,
                              "late" if one.is_late else "on time")  # fmt: skip

    # --- what things are known by -----------------------------------------------------------------

    def _on_its_day(self, one):
        return self._at_place(one.site, one.start) | self._person(
            one.referral, here(one.start).date()
        )

    def _of_request(self, one, day):
        known = {"month": day.replace(day=1), "trust": one.trust_id, "site": 0, "kind": ""}
        return known | {"hours": 0} | self._person(one, day)

    def _at_place(self, site, moment):
        return {"trust": site.trust_id, "site": site.pk, "kind": site.kind,
                "hours": hours(here(moment)), **_month(moment)}  # fmt: skip

    def _person(self, referral, day):
        born = referral.patient.born
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        bands = [(75, 5), (60, 4), (40, 3), (16, 2), (0, 1)]
        needs = referral.patient.needs
        bits = bool(needs) + 2 * any("interpreter" in one for one in needs)
        return {
            "modality": referral.exam.modality, "urgency": referral.urgency,
            "age": next((band for years, band in bands if age >= years), 0),
            "decile": self._deciles.get(referral.patient.postcode, 0),
            "needs": bits + 4 * (not referral.patient.mobile),
        }  # fmt: skip


def _waits(one, day, midnight):
    done = any(a.status == "attended" and a.start < midnight for a in one.appointments.all())
    over = one.ended_at is not None and one.ended_at < midnight
    return not done and not over and one.clock_start <= day


def _month(moment):
    return {"month": here(moment).date().replace(day=1)}


def hours(local):
    if is_bank_holiday(local.date()):
        return 3
    if local.weekday() >= 5:
        return 2
    return 0 if 8 <= local.hour < 18 else 1


def who(act):
    """Return who cancelled."""
    reason, kind = act.detail.get("reason"), act.actor.split(" ")[0]
    itself = kind in ("patient", "texts") and reason != "stop_moved"
    if itself or (reason or "").startswith("pat") or (kind == "staff" and reason in AT_DESK):
        return "patient"
    return "trust" if kind in ("key", "feed", "import") or reason == "withdrawn" else "us"


def fits(counter, known, filters: Filters, by=""):
    """Whether it is asked for; X-ray and radionuclide are in no total of who waits."""
    asked = filters.asked()
    is_left_out = counter.startswith("waiting") and known["modality"] in NOT_IN_DM01
    if is_left_out and by != "modality" and "modality" not in asked:
        return False
    bit = asked.pop("needs", 0)
    months = (filters.first or date.min) <= known["month"] <= (filters.last or date.max)
    right = all(known.get(name) == value for name, value in asked.items())
    return months and right and (not bit or bool(known["needs"] & bit))


# --- what each measure is -------------------------------------------------------------------------


def _each(_one):
    return 1


def _total(one):
    return one.total


def _any(_one):
    return True


@dataclass(frozen=True)
class Plain:
    """A measure: of one counter what fits, each with what it adds; for each of `under`, if any."""

    of: str
    fits: Callable[..., object] = _any
    adds: Callable[..., object] = _each
    under: str = ""
    under_fits: Callable[..., object] = _any
    per: float = 1

    def value(self, top, bottom):
        """Return it of the rows of one cell; None where there is none."""
        above = [self.adds(one) for one in top if self.fits(one)]
        if not self.under:
            return self.per * sum(above) if above else None
        below = sum(1 for one in bottom if self.under_fits(one))
        return self.per * sum(above) / below if below else None


def share(of, fits, under="", under_fits=_any):
    return Plain(of, fits, under=under or of, under_fits=under_fits, per=100)


def mean(of, fits=_any):
    return Plain(of, fits, _total, of, fits)


def _is(what):
    return lambda one: one.what == what


def _is_out_of_hours(one):
    return one.known["hours"] != 0


PLAIN = {
    "over_six_weeks": share("waiting", lambda one: one.total >= 42),
    "over_six_weeks_from_referral": share("waiting_from_referral", lambda one: one.total >= 42),
    "over_thirteen_weeks": share("waiting", lambda one: one.total >= 91),
    "waiting": Plain("waiting"),
    "wait_days": mean("scans"),
    "scans": Plain("scans"),
    "minutes_travelled": mean("journeys"),
    "extra_minutes": mean("journeys_further"),
    "extended_offered": share("slots", _is_out_of_hours),
    "extended_taken": share(
        "slots", lambda one: one.what == "taken" and _is_out_of_hours(one), "slots", _is("taken")
    ),
    "slots_used": share("slots", _is("taken")),
    "slots_unused": share("slots", _is("unused")),
    "slots_lost": share("slots", _is("lost")),
    "did_not_attend": share("did_not_attend", _any, "booked"),
    "cancelled_by_patient": Plain("cancelled", lambda one: one.what[0] == "patient"),
    "cancelled": Plain("cancelled"),
    "cancelled_by_trust": Plain("cancelled", lambda one: one.what[0] == "trust"),
    "cancelled_by_us": Plain("cancelled", lambda one: one.what[0] == "us"),
    "short_notice": share("cancelled", lambda one: one.what[1] <= 2),
    "displaced": Plain("displaced"),
    "displaced_rebooked": share("displaced", _is("rebooked")),
    "offers_made": Plain("offers"),
    "offers_taken": share("offers", _is("taken")),
    "days_gained": mean("offers", _is("taken")),
    "alerts_acknowledged": share("alerts_acknowledged", _is("in time")),
    "alerts_booked": share("alerts_booked", _is("in time")),
    "alerts_scanned": share("alerts_scanned", _is("in time")),
    "texts_delivered": share("texts", _is("delivered")),
    "texts_replied": share("replies", _any, "texts"),
    "text_parts": Plain("texts", adds=_total),
    "text_cost": Plain("texts", adds=_total, per=0.0227),
    "feed_calls": share("feed_calls", _is("taken")),
    "feed_minutes": mean("feed_looks"),
    "feeds_on_time": share("feed_looks", _is("on time")),
}
