"""What is lost: a schedule, a scanner or a place of one trust, from when to when.

`now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, QuerySet

from booking.models import FrozenSlot, LostClinic, LostSlot, Schedule, Slot
from sites.models import MODALITIES, Scanner

SCHEDULE, SCANNER, SITE = KINDS = ("schedule", "scanner", "site")


@dataclass(frozen=True)
class Lost:
    """What somebody says is lost. `kind` is one of KINDS, `key` that row's; times are UTC."""

    trust: str
    kind: str
    key: int
    begins: datetime
    ends: datetime
    reason: str

    @property
    def scope(self) -> str:
        """The same in one word: the same thing is lost once."""
        span = f"{self.begins.astimezone(UTC):%Y%m%d%H%M}-{self.ends.astimezone(UTC):%Y%m%d%H%M}"
        return f"{self.trust} {self.kind} {self.key} {span}"

    def slots(self) -> QuerySet[Slot]:
        """Return every seat that is lost, whatever its state."""
        column = {SCHEDULE: "schedule", SCANNER: "schedule__scanner", SITE: "site"}[self.kind]
        return Slot.objects.of_trust(self.trust).filter(
            **{column: self.key}, start__gte=self.begins, start__lt=self.ends
        )


@dataclass(frozen=True)
class Thing:
    """Something that may be lost: `value` names it in a form, `words` on the page."""

    value: str
    words: str
    trust: str


def lost_of(clinic: LostClinic) -> Lost | None:
    """Return what a clinic says is lost; None of one that a feed's loss names slot by slot."""
    columns = {SCHEDULE: clinic.schedule_id, SCANNER: clinic.scanner_id, SITE: clinic.site_id}
    for kind, key in columns.items():
        if key is not None:
            return Lost(clinic.trust_id, kind, key, clinic.begins, clinic.ends, clinic.reason)
    return None


def slots_of(clinic: LostClinic) -> QuerySet[Slot]:
    """Return the seats that a clinic lost: those that it names, or those of its feed's loss."""
    lost = lost_of(clinic)
    if lost is not None:
        return lost.slots()
    waiting = LostSlot.objects.filter(loss=clinic.loss_id, done_at=None)
    waiting = waiting.exclude(why=LostSlot.Why.STOP)  # goes on at another place
    return Slot.objects.of_trust(clinic.trust_id).filter(pk__in=waiting.values("slot"))


def held_back(clinic: LostClinic) -> QuerySet[Slot]:
    """Return the seats that are off sale for a clinic: whoever is booked there is to be told."""
    if clinic.loss_id is not None:
        return slots_of(clinic)
    frozen = FrozenSlot.objects.filter(clinic=clinic, thawed_at=None)
    return Slot.objects.filter(pk__in=frozen.values("slot"))


def lost_already(lost: Lost, *, now: datetime) -> list[tuple[LostClinic, int]]:
    """Return the clinics that have taken some of these times off sale, and how many of them."""
    frozen = FrozenSlot.objects.filter(
        thawed_at=None, slot__in=lost.slots().filter(start__gt=now).values("pk")
    )
    counts = dict(frozen.order_by().values_list("clinic").annotate(Count("pk")))
    found = LostClinic.objects.filter(pk__in=counts).order_by("pk")
    return [(clinic, counts[clinic.pk]) for clinic in found]


def things(trusts: Collection[str], *, now: datetime) -> list[Thing]:
    """Return what these trusts have that may be lost: what has times to come, in order of name."""
    coming = Slot.objects.of_trusts(trusts).filter(start__gt=now, status=Slot.Status.FREE)
    schedules = Schedule.objects.filter(pk__in=coming.values("schedule")).select_related(
        "site", "scanner"
    )
    found = [_schedule(one) for one in schedules if one.scanner is None]
    mobile = {one.scanner: one.trust_id for one in schedules if one.scanner is not None}
    found += [_scanner(scanner, trust) for scanner, trust in mobile.items() if scanner]
    sites = {(one.site, one.trust_id) for one in schedules if one.scanner is None}
    found += [
        Thing(f"{SITE} {site.pk} {trust}", f"{site.name}: everything there", trust)
        for site, trust in sites
    ]
    return sorted(found, key=lambda thing: (thing.words, thing.value))


def words_of(clinic: LostClinic) -> str:
    """Return what is lost, as pages say it."""
    if clinic.scanner is not None:
        return _scanner(clinic.scanner, clinic.trust_id).words
    if clinic.schedule is not None:
        return _schedule(clinic.schedule).words
    if clinic.site is not None:
        return f"{clinic.site.name}: everything there"
    return f"Times that the system of {clinic.trust.name} takes away"


def _schedule(one: Schedule) -> Thing:
    words = f"{one.site.name}: {MODALITIES[one.modality]}, list {one.external_id}"
    return Thing(f"{SCHEDULE} {one.pk} {one.trust_id}", words, one.trust_id)


def _scanner(scanner: Scanner, trust: str) -> Thing:
    where = f"{scanner.site.name}: " if scanner.site else ""
    return Thing(f"{SCANNER} {scanner.pk} {trust}", f"{where}{scanner.name}", trust)
