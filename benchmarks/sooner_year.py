"""A year of something sooner, played with the product's own functions and a seed.

People are referred, booked and, some of them, put on the list; some cancel, trusts add times; those
who are asked say yes, no or nothing. Beside it stand rules of its own, in plain Python, of who must
be asked next: whatever the product does otherwise is written down.
"""

import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db.models import Max

from booking.appointments import booking, holds
from booking.exchange.feeds.upsert import daypart, is_weekend
from booking.identifiers.actors import PATIENT
from booking.models import (
    EPOCH,
    Appointment,
    Exam,
    Feed,
    FreedSlot,
    Offer,
    Patient,
    Referral,
    Schedule,
    Slot,
    SoonerAsk,
    SoonerWish,
)
from booking.models.appointment import LIVE
from booking.offers import answering, ending
from booking.offers.freed import note_freed
from booking.offers.sooner import waves, wishes
from booking.offers.sooner.wishes import Wanted
from booking.waits.targets import target_day
from sites import places
from sites.models import Scanner, Site, Trust
from tests.answers import answered
from times.london import LONDON

TOWNS = [("barrow", 54.14, -3.21), ("lancaster", 54.04, -2.80), ("preston", 53.79, -2.71),
         ("burnley", 53.79, -2.24)]  # fmt: skip
CLASSES = [("suspected_cancer", 0.1), ("urgent", 0.2), ("routine", 0.65), ("planned", 0.05)]
LSOAS = {1: 191, 2: 126, 3: 90, 4: 93, 5: 81, 6: 100, 7: 94, 8: 111, 9: 106, 10: 68}
"""The region's neighbourhoods by decile, Index of Multiple Deprivation 2025 (MHCLG, OGL v3)."""
SAY_YES, SAY_NO = 0.10, 0.30
"""Of offers; published services fill 8 to 11 of a hundred offers. The others are not answered."""
ON_LIST, CANCELS, NO_MOBILE, ASKS_AGAIN = 0.6, 0.15, 0.08, 0.5
HOURS = range(8, 20)


@dataclass
class Person:
    """Somebody who was referred, as this file knows them."""

    referral: Referral
    urgency: str
    target: date
    clock: date
    has_mobile: bool
    wanted: Wanted
    gave_up: set[int] = field(default_factory=set)

    def order(self) -> tuple[int, date, date, int]:
        """Return what people are asked by, the lowest first."""
        classes = [name for name, _ in CLASSES]
        return classes.index(self.urgency), self.target, self.clock, self.referral.pk


@dataclass
class Result:
    """What a year came to. `broken` and `passed_over` say in words what must never be."""

    asked: int = 0
    broken: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


class Year:
    """People, slots and a clock that is moved by hand."""

    def __init__(self, *, days: int, a_day: int, seed: int = 2026, begins: datetime) -> None:
        """Take how many days to play, and how many people are referred on each."""
        self.chance = random.Random(seed)
        self.days, self.a_day = days, a_day
        self.begins = begins.astimezone(LONDON).replace(hour=7, minute=0, second=0, microsecond=0)
        self.people: dict[int, Person] = {}
        self.used: set[tuple[int, datetime]] = set()
        self.cancelling: dict[date, list[int]] = defaultdict(list)
        self.answers: dict[int, tuple[datetime, bool]] = {}
        self.asked: dict[int, set[int]] = defaultdict(set)
        self.result = Result()

    def play(self) -> Result:
        """Play all days; return what came of them."""
        self._build()
        for day in range(self.days):
            morning = self.begins + timedelta(days=day)
            self._refer(morning.astimezone(UTC))
            for hour in HOURS:
                self._hour(morning.replace(hour=hour).astimezone(UTC), day)
        return self.result

    def deciles(self) -> str:
        """Return the file that says how deprived each person's postcode is."""
        lines = [f"LA{one % 90} {one % 9}AA,{one % 10 + 1}" for one in range(810)]
        return "\n".join(["postcode,decile", *lines])

    def _build(self) -> None:
        self.trust = Trust.objects.create(code="RXY", name="A year")
        Feed.objects.create(trust=self.trust, last_contact_at=self.begins)
        self.exam = Exam.objects.create(
            code="YEAR", name="an MRI scan of your knee", modality="MR", body_part="knee",
            minutes=30,
        )  # fmt: skip
        self.schedules = [self._schedule(*town) for town in TOWNS]
        places.clear()

    def _schedule(self, name: str, lat: float, lon: float) -> Schedule:
        site = Site.objects.create(
            slug=f"year-{name}", name=name.title(), kind="hospital", trust=self.trust, address="",
            postcode="", lat=lat, lon=lon,
        )  # fmt: skip
        Scanner.objects.create(site=site, modality="MR", name="MR 1")
        return Schedule.objects.create(
            trust=self.trust, external_id=name, site=site, modality="MR", fed_at=self.begins
        )

    # --- what happens by itself -------------------------------------------------------------

    def _refer(self, now: datetime) -> None:
        """Refer the people of a day, book each, and put some on the list."""
        for _ in range(self.a_day):
            person = self._person(now)
            slot = self._slot(now, self.chance.randint(8, 45))
            holds.hold(person.referral, slot.pk, now=now)
            booking.book(person.referral, slot.pk, now=now, actor=PATIENT)
            if self.chance.random() < ON_LIST:
                wishes.put_on(
                    person.referral, person.wanted,
                    door=SoonerWish.Door.PAGE, now=now, actor=PATIENT,
                )  # fmt: skip
            if self.chance.random() < CANCELS:
                ahead = self.chance.randint(1, max(1, (slot.start - now).days - 1))
                self.cancelling[(now + timedelta(days=ahead)).date()].append(person.referral.pk)
        wishes.refresh_reach(now=now)

    def _person(self, now: datetime) -> Person:
        chance, number = self.chance, len(self.people)
        decile = chance.choices(list(LSOAS), weights=list(LSOAS.values()))[0]
        postcode = (number // 10 * 10 + decile - 1) % 810
        has_mobile = chance.random() >= NO_MOBILE
        patient = Patient.objects.create(
            given_name="A", family_name=f"Person {number}",
            born=date(chance.randint(1935, 2008), 1, 1),
            # Drama has a thousand numbers: who had one before was scanned long ago.
            mobile=f"+44770090{number % 1000:04}" if has_mobile else "",
            postcode=f"LA{postcode % 90} {postcode % 9}AA",
        )  # fmt: skip
        urgency = chance.choices([name for name, _ in CLASSES], [share for _, share in CLASSES])[0]
        clock = now.date() - timedelta(days=chance.randint(0, 20))
        referral = Referral.objects.create(
            code=f"Y{number:07}", patient=patient, exam=self.exam, trust=self.trust,
            urgency=urgency, clock_start=clock, target_day=target_day(urgency, clock),
        )  # fmt: skip
        answered(referral)
        person = Person(referral, urgency, referral.target_day, clock, has_mobile, self._wanted())
        self.people[referral.pk] = person
        return person

    def _wanted(self) -> Wanted:
        chance = self.chance
        sites = [schedule.site_id for schedule in self.schedules]
        some = tuple(sorted(chance.sample(sites, chance.randint(1, 3))))
        days = tuple(sorted(chance.sample(range(7), chance.choice([3, 5]))))
        parts = ("morning", "afternoon", "evening")
        return Wanted(
            chance.choices([1, 2, 3, 7], [3, 4, 2, 1])[0],
            sites=some if chance.random() < 0.7 else (),
            weekdays=days if chance.random() < 0.4 else (),
            dayparts=(chance.choice(parts),) if chance.random() < 0.3 else (),
        )

    def _slot(self, now: datetime, ahead: int) -> Slot:
        """Make a slot so many days ahead, at a time that no other has."""
        day = now.astimezone(LONDON) + timedelta(days=ahead)
        while True:
            schedule = self.chance.choice(self.schedules)
            half = self.chance.randrange(16, 40)
            start = day.replace(hour=half // 2, minute=half % 2 * 30, second=0, microsecond=0)
            if (schedule.pk, start) not in self.used:
                break
            day += timedelta(days=1)
        self.used.add((schedule.pk, start))
        start = start.astimezone(UTC)
        return Slot.objects.create(
            trust=self.trust, external_id=f"year-{len(self.used)}", seat=0, schedule=schedule,
            site_id=schedule.site_id, modality="MR", start=start,
            end=start + timedelta(minutes=30), daypart=daypart(start), weekend=is_weekend(start),
            status="free", fed_at=now, free_at=EPOCH,
        )  # fmt: skip

    def _hour(self, now: datetime, day: int) -> None:
        if now.astimezone(LONDON).hour == 10:
            self._free(now, day)
        self._answer(now)
        answering.settle(now=now)
        ending.end_due(now=now)
        self._ask(now)
        self._judge_ended(now)

    def _free(self, now: datetime, day: int) -> None:
        """Let those cancel who do today; a trust adds a near time, another one every other day."""
        for key in self.cancelling[now.date()]:
            live = booking.live_appointment(self.people[key].referral)
            if live and live.start > now:
                booking.cancel(live, live.version, now=now, actor=PATIENT)
        for _ in range(1 + day % 2):
            note_freed([self._slot(now, self.chance.randint(2, 20)).pk], now=now)

    def _answer(self, now: datetime) -> None:
        """Let those answer whose moment has come; some who were paused ask to be asked again."""
        for key, (at, says_yes) in sorted(self.answers.items()):
            if at > now:
                continue
            del self.answers[key]
            offer = Offer.objects.get(pk=key)
            was = booking.live_appointment(offer.referral)
            try:
                if not says_yes:
                    answering.decline(offer, now=now, actor=PATIENT)
                elif answering.accept(offer, now=now, actor=PATIENT) and was:
                    self.people[offer.referral_id].gave_up.add(was.slot_id)
            except answering.OfferOver:
                continue
        for wish in SoonerWish.objects.filter(state="paused").select_related("referral"):
            if self.chance.random() < ASKS_AGAIN:
                with suppress(wishes.NotForSooner):  # their time has passed, or was cancelled
                    wishes.keep_on(wish.referral, now=now, actor=PATIENT)
                    continue
            wishes.take_off(wish.referral, now=now, actor=PATIENT)

    # --- what is asked, and whether it was right ------------------------------------------------

    def _ask(self, now: datetime) -> None:
        unseen = {one.pk: one for one in FreedSlot.objects.filter(seen_at=None)}
        if not unseen:
            return
        last = Offer.objects.aggregate(last=Max("pk"))["last"] or 0
        books = _Books(self, now)
        waves.ask_due(now=now)
        made = SoonerAsk.objects.filter(offer__pk__gt=last).select_related("offer__slot")
        for ask in made.order_by("offer"):
            self._judge(ask, books, now)
            self._plan_answer(ask.offer, now)
        seen = FreedSlot.objects.filter(pk__in=unseen, seen_at=now).select_related("slot")
        for freed in seen:
            self._judge_silence(freed, books, now)

    def _judge(self, ask: SoonerAsk, books: "_Books", now: datetime) -> None:
        """Hold one offer against the rules: nobody who fits and comes first was left out."""
        offer, with_mobile = ask.offer, ask.offer.channel == Offer.Channel.TEXT
        first = books.fitting(offer.slot, with_mobile, now)
        if [one.referral.pk for one in first[:1]] != [offer.referral_id]:
            self.result.broken.append(f"{now} slot {offer.slot_id} went to {offer.referral_id}")
        is_others_turn = with_mobile == ask.for_phone
        if is_others_turn and offer.rank == 0 and books.fitting(offer.slot, not with_mobile, now):
            self.result.broken.append(f"{now} slot {offer.slot_id} went to the other list")
        if ask.for_phone != (ask.turn % 4 == 0):
            self.result.broken.append(f"{now} turn {ask.turn} is not for the phone")
        self.result.asked += 1
        self.asked[offer.slot_id].add(offer.referral_id)
        books.busy.add(offer.referral_id)

    def _judge_ended(self, now: datetime) -> None:
        """See to it that a slot which nobody took is looked at again."""
        ended = Offer.objects.filter(ended_at=now, state__in=("lapsed", "declined"))
        for offer in ended.select_related("slot").exclude(slot__free_at=None):
            again = FreedSlot.objects.filter(slot=offer.slot_id, freed_at__gte=now)
            still = Offer.objects.filter(slot=offer.slot_id, state="open")
            if not again.exists() and not still.exists():
                self.result.passed_over.append(f"{now} slot {offer.slot_id} was forgotten")

    def _judge_silence(self, freed: FreedSlot, books: "_Books", now: datetime) -> None:
        """Hold a slot about which nobody is asked any more against the rules."""
        slot = freed.slot
        asked_now = Offer.objects.filter(slot=slot, made_at=now).exists()
        if asked_now or freed.depth > waves.DEEPEST or slot.free_at != EPOCH:
            return
        left = books.fitting(slot, True, now) + books.fitting(slot, False, now)
        if left:
            self.result.passed_over.append(f"{now} slot {slot.pk}: {left[0].referral.pk} fits")

    def _plan_answer(self, offer: Offer, now: datetime) -> None:
        luck = self.chance.random()
        if luck < SAY_YES + SAY_NO:
            soon = (offer.until - now) * self.chance.uniform(0.05, 0.9)
            self.answers[offer.pk] = (now + soon, luck < SAY_YES)


class _Books:
    """Who is on the list, booked and busy, as it stood before a tick; kept true through it."""

    def __init__(self, year: Year, now: datetime) -> None:
        self.year = year
        on = SoonerWish.objects.filter(state="on").values_list("referral", flat=True)
        live = Appointment.objects.filter(status__in=LIVE, start__gt=now, referral__in=set(on))
        self.starts = dict(live.values_list("referral", "start"))
        self.busy = set(Offer.objects.filter(state="open").values_list("referral", flat=True))

    def fitting(self, slot: Slot, with_mobile: bool, now: datetime) -> list[Person]:
        """Return those who should be asked about a slot, the first first, by rules of its own."""
        people = (self.year.people[key] for key in self.starts if key not in self.busy)
        fit = [
            one
            for one in people
            if one.has_mobile == with_mobile
            and one.referral.pk not in self.year.asked[slot.pk]
            and slot.pk not in one.gave_up
            and _suits(one, slot, now)
            and _is_gain(one, self.starts[one.referral.pk], slot.start)
        ]
        return sorted(fit, key=Person.order)


def _suits(person: Person, slot: Slot, now: datetime) -> bool:
    wanted, local = person.wanted, slot.start.astimezone(LONDON)
    part = "morning" if local.hour < 12 else "afternoon" if local.hour < 17 else "evening"
    return (
        slot.start >= now + timedelta(days=wanted.notice_days)
        and (not wanted.sites or slot.site_id in wanted.sites)
        and (not wanted.weekdays or local.weekday() in wanted.weekdays)
        and (not wanted.dayparts or part in wanted.dayparts)
    )


def _is_gain(person: Person, booked: datetime, start: datetime) -> bool:
    days = (booked.astimezone(LONDON).date() - start.astimezone(LONDON).date()).days
    if person.urgency == "routine":
        return days >= 3
    if person.urgency == "planned" and start.astimezone(LONDON).date() < person.clock:
        return False
    return start < booked
