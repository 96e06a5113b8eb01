"""What is lost: a schedule, a scanner or a place of one trust, from when to when.

`now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, QuerySet

from booking.models import FrozenSlot, LostClinic, LostSlot, Schedule, Slot
from sites.models import MODALITIES, Scanner, Site

SCHEDULE, SCANNER, SITE = KINDS = ("schedule", "scanner", "site")


A_SLOT = timedelta(days=1)
"""No slot is longer: where to look for those that began before."""


@dataclass(frozen=True)
class Lost:
    """What somebody says is lost. `kind` is one of KINDS, `key` that row's; times are UTC.

    Of a site it may be one `modality` alone; "" is everything there.
    """

    trust: str
    kind: str
    key: int
    begins: datetime
    ends: datetime
    reason: str
    modality: str = ""

    @property
    def scope(self) -> str:
        """The same in one word: the same thing is lost once."""
        span = f"{self.begins.astimezone(UTC):%Y%m%d%H%M}-{self.ends.astimezone(UTC):%Y%m%d%H%M}"
        return " ".join(
            part for part in (self.trust, self.kind, str(self.key), self.modality, span) if part
        )

    def slots(self) -> QuerySet[Slot]:
        """Return every seat that is lost, whatever its state: also one that only runs into it."""
        column = {SCHEDULE: "schedule", SCANNER: "schedule__scanner", SITE: "site"}[self.kind]
        slots = Slot.objects.of_trust(self.trust).filter(
            **{column: self.key},
            end__gt=self.begins,
            start__gt=self.begins - A_SLOT,
            start__lt=self.ends,
        )
        return slots.filter(modality=self.modality) if self.modality else slots


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
            span = clinic.begins, clinic.ends, clinic.reason, clinic.modality
            return Lost(clinic.trust_id, kind, key, *span)
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
    """Return what these trusts have that may be lost, in order of name: each list with times to
    come; and, also without any yet, their places, each kind of scan there, and mobile scanners."""
    coming = Slot.objects.of_trusts(trusts).filter(start__gt=now, status=Slot.Status.FREE)
    schedules = Schedule.objects.filter(pk__in=coming.values("schedule")).select_related(
        "site", "scanner"
    )
    found = [_schedule(one) for one in schedules if one.scanner is None]
    mobile = {one.scanner: one.trust_id for one in schedules if one.scanner is not None}
    for scanner in Scanner.objects.filter(trust__in=trusts, site=None):
        mobile.setdefault(scanner, scanner.trust_id or "")
    found += [_scanner(scanner, trust) for scanner, trust in mobile.items() if scanner]
    scans = {(one.site, one.trust_id, one.modality) for one in schedules if one.scanner is None}
    scans |= {
        (scanner.site, scanner.site.trust_id, scanner.modality)
        for scanner in _fixed_scanners(trusts)
        if scanner.site
    }
    own = {(one, one.trust_id) for one in Site.objects.filter(trust__in=trusts, closed=False)}
    sites = own | {(site, trust) for site, trust, _ in scans}
    found += [_site(site, trust) for site, trust in sites]
    found += [_site(site, trust, modality) for site, trust, modality in scans]
    return sorted(found, key=lambda thing: (thing.words, thing.value))


def _fixed_scanners(trusts: Collection[str]) -> QuerySet[Scanner]:
    fixed = Scanner.objects.filter(site__trust__in=trusts, site__closed=False)
    return fixed.select_related("site")


def words_of(clinic: LostClinic) -> str:
    """Return what is lost, as pages say it."""
    if clinic.scanner is not None:
        return _scanner(clinic.scanner, clinic.trust_id).words
    if clinic.schedule is not None:
        return _schedule(clinic.schedule).words
    if clinic.site is not None:
        return _site(clinic.site, clinic.trust_id, clinic.modality).words
    return f"Times that the system of {clinic.trust.name} takes away"


def _site(site: Site, trust: str, modality: str = "") -> Thing:
    words = f"all {MODALITIES[modality]} there" if modality else "everything there"
    value = " ".join(part for part in (SITE, str(site.pk), trust, modality) if part)
    return Thing(value, f"{site.name}: {words}", trust)


def _schedule(one: Schedule) -> Thing:
    words = f"{one.site.name}: {MODALITIES[one.modality]}, list {one.external_id}"
    return Thing(f"{SCHEDULE} {one.pk} {one.trust_id}", words, one.trust_id)


def _scanner(scanner: Scanner, trust: str) -> Thing:
    where = f"{scanner.site.name}: " if scanner.site else ""
    return Thing(f"{SCANNER} {scanner.pk} {trust}", f"{where}{scanner.name}", trust)
