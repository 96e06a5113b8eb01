"""A year of everything that is counted, from a seeded generator, at each edge that there is.

Four trusts of two places each; the year begins on 1 April and `TODAY` is a fortnight after it.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from booking.identifiers.codes import ALPHABET
from booking.models import (
    Alert,
    AlertEvent,
    Appointment,
    AppointmentPart,
    AuditEntry,
    Exam,
    FeedCall,
    FrozenSlot,
    Loss,
    LostClinic,
    LostSlot,
    Offer,
    Patient,
    Referral,
    Schedule,
    Slot,
    SoonerAsk,
)
from booking.models.slot import EPOCH, FROZEN, OFF_SALE
from insights.days import at, days_between
from insights.models import FeedLook, PostcodeArea, Travelled
from notifications.models import Inbound, Message
from sites.models import Site, Trust
from times.london import LONDON

FIRST, TODAY = date(2025, 4, 1), date(2026, 4, 14)
NOW = datetime(2026, 4, 14, 12, tzinfo=UTC)
CHANGES = [date(2025, 10, 26), date(2026, 3, 29)]
"""The clock goes back, and forward."""
MONTHS = [date(2025 + month // 12, month % 12 + 1, 1) for month in range(3, 16)]
STRETCHES = [
    (FIRST, FIRST), (date(2025, 4, 18), date(2025, 4, 19)),  # Good Friday
    *((month - timedelta(days=1), month) for month in MONTHS[1:]),
    (date(2025, 8, 24), date(2025, 8, 27)), (date(2025, 10, 24), CHANGES[0]),  # a bank holiday
    (date(2025, 12, 24), date(2025, 12, 26)), (date(2026, 3, 28), CHANGES[1]), (TODAY, TODAY),
]  # fmt: skip
"""The days on which anything is: the ends and beginnings of months, holidays, the clock's days.

On all others there is nothing, so that nobody has to wait until they are counted.
"""
DAYS = [day for first, last in STRETCHES for day in days_between(first, last)]
EDGES = [
    *CHANGES, *CHANGES, TODAY, date(2025, 4, 18), date(2025, 8, 25), date(2025, 12, 25),
    date(2025, 10, 31), date(2025, 12, 31), date(2026, 1, 31), date(2026, 3, 31),
    date(2025, 11, 1), date(2026, 1, 1), date(2026, 4, 1),
]  # fmt: skip
CLOCKS = [time(0), time(0, 30), time(1, 30), time(7, 59), time(8), time(12), time(17, 59),
          time(18), time(23, 30), time(23, 59)]  # fmt: skip
TRUSTS = ("RTX", "RXN", "RXL", "RXR")
KINDS = ("hospital", "cdc", "mobile")
MODALITIES = ("CT", "MR", "US", "BMD", "DX", "NM")
URGENCIES = ("suspected_cancer", "urgent", "routine", "routine", "planned")
WAITED = (0, 1, 6, 7, 41, 42, 43, 90, 91, 92, 200, 400)
NEEDS: tuple[list[str], ...] = (
    [], [], [], ["wheelchair"], ["interpreter"], ["bsl_interpreter", "hearing"], ["carer"],
)  # fmt: skip
POSTCODES = {f"LA1 {number}AA": number for number in range(1, 11)}
ACTORS = [
    ("patient", {}), ("patient", {"reason": ""}), ("patient", {"reason": "stop_moved"}),
    ("texts", {}), ("texts", {"reason": "stop_moved"}), ("staff 12", {}),
    ("staff 12", {"reason": "cannot_come"}), ("staff 12", {"reason": "unwell"}),
    ("staff 12", {"reason": "by_mistake"}), ("staff 12", {"reason": "withdrawn"}),
    ("key abc", {"reason": "pat"}), ("key abc", {"reason": "pat-dec"}),
    ("key abc", {"reason": "oth"}), ("feed RTX", {}), ("import RTX", {}), ("clock", {}),
    ("places", {"reason": "place_closed"}),
]  # fmt: skip
BEFORE = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=2),
          timedelta(days=3), timedelta(days=7), timedelta(days=8), timedelta(days=40))  # fmt: skip
AIM = timedelta(hours=4)
ENDED = {"end_reason": "withdrawn", "ended_by": "clock"}


def any_day(dice):
    """Return a day on which anything is; every third one is of the edges."""
    return dice.choice(EDGES if dice.random() < 0.35 else DAYS)


def any_moment(dice, day=None) -> datetime:
    """Return a moment of a day, some of them in the hour that the clock has twice."""
    day, clock = day or any_day(dice), dice.choice(CLOCKS)
    is_twice = day in CHANGES and clock < time(12)
    return at(day, clock) + timedelta(hours=dice.choice([0, 1]) if is_twice else 0)


class SeededYear:
    """Writes the rows, a table at a time."""

    def __init__(self, dice, people: int) -> None:
        self.dice = dice
        self.sites, self.exams, self.schedules = _network()
        self.slots: list[Slot] = []
        self.appointments: list[Appointment] = []
        self.acts: list[AuditEntry] = []
        self.numbers = count(1)
        self.referrals = self._requests(people)
        for referral in self.referrals:
            self._visits(referral)
        for _ in range(people // 3):
            self._slot(self.dice.choice(self.sites), any_moment(dice), self._exam().modality,
                       status=dice.choice(["free", "free", "busy", "withdrawn"]))  # fmt: skip
        self._write()
        self._times_lost()
        self._travels()
        self._offers()
        self._alerts()
        self._texts_and_feeds()

    def _exam(self):
        return self.dice.choice(self.exams)

    def _requests(self, people: int) -> list[Referral]:
        dice = self.dice
        PostcodeArea.objects.bulk_create(
            PostcodeArea(postcode=code, lsoa21=f"E0100{decile:04}", decile=decile)
            for code, decile in POSTCODES.items()
        )
        patients = Patient.objects.bulk_create(
            Patient(
                given_name="P", family_name=f"N{number}", born=self._born(),
                needs=dice.choice(NEEDS),
                mobile=dice.choice(["", "+447700900461", "+447700900461"]),
                postcode=dice.choice(["", "LA9 9ZZ", *POSTCODES]),
            ) for number in range(people)
        )  # fmt: skip
        referrals = Referral.objects.bulk_create(self.request(one) for one in patients)
        Referral.objects.update(created_at=at(FIRST - timedelta(days=500)))
        return list(Referral.objects.filter(pk__in=[one.pk for one in referrals]))

    def request(self, patient: Patient) -> Referral:
        """Return a request of a patient, not saved yet."""
        dice, begun = self.dice, any_day(self.dice)
        ended = {"ended_at": any_moment(dice), **ENDED} if dice.random() < 0.25 else {}
        return Referral(
            code=_code(next(self.numbers)), patient=patient, exam=self._exam(),
            trust_id=dice.choice(TRUSTS), urgency=dice.choice(URGENCIES), target_day=begun,
            clock_start=begun - timedelta(days=dice.choice(WAITED)), **ended,
        )  # fmt: skip

    def _born(self):
        """Return a birthday at, before or after the day on which a band of age begins."""
        dice, day = self.dice, any_day(self.dice)
        if dice.random() < 0.1:
            return date(dice.choice([1948, 1964, 1984, 2008]), 2, 29)
        years = dice.choice([0, 5, 15, 16, 39, 40, 59, 60, 74, 75, 90])
        day = day.replace(year=day.year - years, day=min(day.day, 28))
        return min(day + timedelta(days=dice.choice([-1, 0, 1, 3])), FIRST)

    # --- appointments -----------------------------------------------------------------------------

    def _visits(self, referral: Referral) -> None:
        """Give a request up to three appointments; only the last one may be live."""
        number = self.dice.choice([0, 1, 1, 1, 2, 3])
        days = sorted(any_day(self.dice) for _ in range(number))
        ends = ["attended", "attended", "did_not_attend", "cancelled", "cancelled", "displaced"]
        for left, day in zip(range(number)[::-1], days, strict=True):
            if not left:
                ends = [*ends, "booked", "pending"]
            self._visit(referral, any_moment(self.dice, day), self.dice.choice(ends))

    def _visit(self, referral: Referral, begins: datetime, status: str) -> None:
        site = self.dice.choice(self.sites)
        slot = self._slot(site, begins, referral.exam.modality)
        made = Appointment(
            reference=f"R{next(self.numbers):07}", referral=referral, slot=slot, site=site,
            start=begins, end=slot.end, status=status, changed_at=begins,
            booked_at=begins - self.dice.choice(BEFORE),
        )  # fmt: skip
        self.appointments.append(made)
        if status in ("cancelled", "displaced"):
            self._act(made, status)
        elif self.dice.random() < 0.15:  # taken off, and the same again
            what = self.dice.choice(["cancelled", "displaced"])
            self._act(made, what)
            if what == "cancelled" or self.dice.random() < 0.5:
                self.undo(made, what)

    def _act(self, made: Appointment, status: str) -> None:
        actor, detail = self.dice.choice(ACTORS)
        action = status if status == "cancelled" else self.dice.choice(["displaced", "refused"])
        when = self._not_after(made.start)
        self.acts.append(
            AuditEntry(at=when, actor=actor, action=action, detail=detail, appointment=made,
                       referral=made.referral)
        )  # fmt: skip

    def _not_after(self, begins: datetime) -> datetime:
        """Return a moment of the same day or of one of those before it on which anything is."""
        day = begins.astimezone(LONDON).date()
        days = [one for one in DAYS if one <= day][-6:]
        return min(any_moment(self.dice, self.dice.choice(days)), begins)

    def undo(self, made: Appointment, what: str) -> None:
        when = made.start - timedelta(minutes=1)
        self.acts.append(AuditEntry(at=when, actor="staff 12", action="undone", appointment=made,
                                    referral=made.referral, detail={"undid": what}))  # fmt: skip

    def _slot(self, site: Site, begins: datetime, modality: str, status: str = "free") -> Slot:
        free_at = self.dice.choice(
            [None, EPOCH, EPOCH, begins - timedelta(days=1), OFF_SALE, FROZEN]
        )
        slot = Slot(
            trust_id=site.trust_id, external_id=str(next(self.numbers)), seat=0, site=site,
            schedule=self.schedules[site.pk], modality=modality, start=begins, status=status,
            end=begins + timedelta(minutes=30), daypart="morning", weekend=False, fed_at=NOW,
            free_at=free_at,
        )  # fmt: skip
        self.slots.append(slot)
        return slot

    def _write(self):
        Slot.objects.bulk_create(self.slots)
        for one in self.appointments:
            one.slot_id = one.slot.pk
        Appointment.objects.bulk_create(self.appointments)
        for act in self.acts:
            act.appointment_id = act.appointment.pk
        AuditEntry.objects.bulk_create(self.acts)
        two = [one for one in self.appointments[::8] if one.end.astimezone(LONDON).hour]
        further = [self._slot(one.site, one.end, one.slot.modality) for one in two]
        Slot.objects.bulk_create(further)
        AppointmentPart.objects.bulk_create(
            AppointmentPart(appointment=one, slot=slot, position=1, visit=1, start=slot.start,
                            end=slot.end, live=one.status in ("booked", "pending"))
            for one, slot in zip(two, further, strict=True)
        )  # fmt: skip

    # --- what hangs on them -----------------------------------------------------------------------

    def _times_lost(self) -> None:
        dice, trust = self.dice, self.sites[0].trust
        clinic = LostClinic.objects.create(
            trust=trust, begins=at(FIRST), ends=NOW, scope="all", reason="broken", state="over",
            said_at=NOW, said_by="staff 12",
        )  # fmt: skip
        loss = Loss.objects.create(trust=trust, begun_at=NOW, state="passed")
        some = dice.sample(self.slots, len(self.slots) // 6)
        FrozenSlot.objects.bulk_create(
            FrozenSlot(clinic=clinic, slot=slot, thawed_at=dice.choice([None, at(FIRST)]))
            for slot in some[::2]
        )
        LostSlot.objects.bulk_create(
            LostSlot(loss=loss, slot=slot, why="missing", done_at=at(FIRST),
                     outcome=dice.choice(["taken", "named", "past"])) for slot in some[1::2]
        )  # fmt: skip

    def _travels(self) -> None:
        dice = self.dice
        Travelled.objects.bulk_create(
            Travelled(appointment=one, minutes=minutes, found_at=at(FIRST),
                      nearest=None if minutes is None else dice.choice([0, minutes, minutes // 2]))
            for one in self.appointments
            if dice.random() < 0.6
            for minutes in [dice.choice([None, 0, 1, 25, 70])]
        )  # fmt: skip

    def _offers(self) -> None:
        dice, asks = self.dice, []
        some = dice.sample(self.referrals, len(self.referrals) // 3)
        times = dice.sample(self.slots, len(some))
        ends = ["accepted", "accepted", "open", "declined", "lapsed", "withdrawn", "gone"]
        for referral, slot in zip(some, times, strict=True):
            made = any_moment(dice)
            offer = Offer(
                reference=f"O{next(self.numbers):07}", code="2222", referral=referral, slot=slot,
                why=dice.choice(["sooner", "sooner", "displaced"]), state=dice.choice(ends),
                channel="text", made_at=made, until=made, kept_until=made, is_kept=False,
            )  # fmt: skip
            later = dice.choice([timedelta(hours=23, minutes=59), timedelta(days=1),
                                 timedelta(days=12), timedelta(days=12, hours=5)])  # fmt: skip
            asks.append(SoonerAsk(offer=offer, was_start=slot.start + later, turn=1,
                                  for_phone=False))  # fmt: skip
        Offer.objects.bulk_create(one.offer for one in asks)
        for one in asks:
            one.offer_id = one.offer.pk
        SoonerAsk.objects.bulk_create(asks)

    def _alerts(self) -> None:
        dice, alerts, events = self.dice, [], []
        for referral in dice.sample(self.referrals, len(self.referrals) // 3):
            begun = any_moment(dice)
            state = dice.choice(["raised", "acknowledged", "booked", "scanned", "closed"])
            closed = {"closed_at": begun, "close_reason": "mistake"} if state == "closed" else {}
            alert = Alert(
                referral=referral, trust_id=referral.trust_id, state=state, why="received",
                raised_at=begun, raised_by="clock", acknowledge_by=begun + AIM,
                book_by=begun + 2 * AIM, scan_by=begun + 3 * AIM, tell_by=begun + 4 * AIM, **closed,
            )  # fmt: skip
            alerts.append(alert)
            for number, kind in enumerate(["acknowledged", "booked", "scanned"], 1):
                for late in dice.choice([[], [-1], [0], [1], [-1, 1], [1, 2]]):
                    when = begun + number * AIM + timedelta(seconds=late)
                    events.append(AlertEvent(alert=alert, at=when, actor="clock", kind=kind))
        Alert.objects.bulk_create(alerts)
        for one in events:
            one.alert_id = one.alert.pk
        AlertEvent.objects.bulk_create(events)

    def _texts_and_feeds(self) -> None:
        dice, number = self.dice, len(self.referrals) // 2
        states = ["delivered", "delivered", "undelivered", "failed", "accepted", "unknown"]
        Message.objects.bulk_create(
            Message(
                kind="confirmation", subject=dice.choice(["other", one.reference]), state=state,
                subject_version=1, dedupe_key=f"d{one.reference}", template="en/confirmation.v1",
                body="Words.", segments=dice.choice([1, 1, 2, 3]), planned_at=when, due_at=when,
                not_after=when, priority=1, accepted_at=dice.choice([None, when, when, when]),
                created_at=when, updated_at=when,
            )
            for one in self.appointments[:number]
            for when, state in [(any_moment(dice), dice.choice(states))]
        )  # fmt: skip
        Inbound.objects.bulk_create(
            Inbound(message_sid=f"S{n}", command=dice.choice(["", "yes"]),
                    received_at=any_moment(dice)) for n in range(number // 2)
        )  # fmt: skip
        FeedCall.objects.bulk_create(
            FeedCall(trust_id=dice.choice(TRUSTS), at=any_moment(dice), call="slots",
                     status=dice.choice([200, 200, 204, 399, 400, 503])) for _ in range(number)
        )  # fmt: skip
        FeedLook.objects.bulk_create(
            FeedLook(day=day, trust=trust, is_late=is_late, looks=dice.randint(1, 24),
                     minutes=dice.randint(0, 9_000))
            for day in sorted(set(EDGES)) for trust in TRUSTS[1:] for is_late in (False, True)
        )  # fmt: skip


def _network() -> tuple[list[Site], list[Exam], dict[int, Schedule]]:
    sites = []
    for number, code in enumerate(TRUSTS):
        trust = Trust.objects.create(code=code, name=code)
        for kind in (KINDS[number % 3], KINDS[(number + 1) % 3]):
            sites.append(Site.objects.create(
                slug=f"{code}-{kind}".lower(), name=f"{code} {kind}", kind=kind, trust=trust,
                address="1 Road", postcode="LA1 4RP", lat=54.0, lon=-2.8 - number,
            ))  # fmt: skip
    exams = Exam.objects.bulk_create(
        Exam(code=f"{one}-1", name="a scan", modality=one, body_part="knee", minutes=30,
             preparation="None") for one in MODALITIES
    )  # fmt: skip
    schedules = {
        site.pk: Schedule.objects.create(
            trust=site.trust, external_id=site.slug, site=site, modality="MR", fed_at=NOW
        )
        for site in sites
    }
    return sites, exams, schedules


def _code(number: int) -> str:
    letters = ""
    for _ in range(8):
        number, rest = divmod(number, len(ALPHABET))
        letters += ALPHABET[rest]
    return letters
