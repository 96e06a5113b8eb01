"""What the network says of its places, followed by the times and people there.

A site that moves, closes or is renamed, a scanner that moves or can do less: whichever way it came
in (sites/changes.py), who is booked there is displaced, or told. Small corrections alarm nobody.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher

from django.utils import timezone

from booking.appointments import places_changed
from booking.appointments.displacing import WhyLost
from booking.appointments.why_off import (
    PLACE_CLOSED,
    PLACE_MOVED,
    SCANNER_CHANGED,
    SCANNER_MOVED,
)
from booking.changes import change_log, feed_locks
from booking.exchange.feeds import abilities_changed, losses, settling
from booking.models import Appointment, LostSlot, Slot
from booking.models.appointment import LIVE
from sites.changes import Effects, ScannerState, SiteState, Snapshot
from sites.travel.journey import straight_km
from times.london import LONDON, day_in_england, say_date

FREE, Why = Slot.Status.FREE, LostSlot.Why
SAME_SITE_KM = 0.5
"""As far as a site may go and still be where people know it: a hospital's grounds are up to half a
kilometre across, and the postcodes of its entrances lie within them. Beyond, it has moved."""
SAME_WORDS = 0.9
"""How alike two names or addresses are that are one, spelled otherwise: a letter in ten."""

MOVED = "The place has moved."
CLOSED = "The place has closed."
ELSEWHERE = "The mobile scanner will not be there then."
CANNOT = "The scanner there cannot do this scan any more."


@dataclass
class _Work:
    """What is to be done: losses by slot, slots to withdraw, sites renamed, the sites where
    slots of mobile scanners are now, and trusts touched.

    `asked` are the starts of times that stay until a lead agrees, `to_see_to` those of people of
    whom a person is asked, `off_sale` counts times that their trust lost, and `cause` names of each
    lost slot the site or scanner that it is lost by, for the effects.
    """

    now: datetime
    losses: dict[int, WhyLost] = field(default_factory=dict)
    cause: dict[int, tuple[str, str]] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    renamed: set[int] = field(default_factory=set)
    elsewhere: dict[int, int] = field(default_factory=dict)
    holds: dict[tuple[str, str], int] = field(default_factory=dict)
    asked: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    to_see_to: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    off_sale: dict[tuple[str, str], int] = field(default_factory=dict)
    touched: dict[str, set[datetime]] = field(default_factory=lambda: defaultdict(set))

    def lose(self, slot_ids: Iterable[int], loss: WhyLost, cause: tuple[str, str]) -> None:
        """Note slots on which nobody can stay booked; the first reason counts."""
        for pk in slot_ids:
            if pk not in self.losses:
                self.losses[pk], self.cause[pk] = loss, cause

    def withdraw(self, slots: Iterable[Slot], loss: WhyLost, cause: tuple[str, str]) -> None:
        """Note slots that are there no more."""
        for slot in slots:
            self.withdrawn.add(slot.pk)
            self.touched[slot.trust_id].add(slot.start)
            self.lose([slot.pk], loss, cause)


def follow(before: Snapshot, after: Snapshot, effects: Effects) -> None:
    """Displace or tell whoever is to come where `after` is not as `before`, and move the slots.

    No import of the trusts concerned runs meanwhile. Slots are written before appointments.
    """
    work = _Work(timezone.now())
    _lock(before, after)
    for pk, scanner in after.scanners.items():
        was = before.scanners.get(pk)
        if was and was != scanner and (was.site_id is None or scanner.site_id is None):
            _follow_mobile(pk, scanner, work)
    _follow_lost_machines(before, after, work)
    for pk, site in after.sites.items():
        if was_site := before.sites.get(pk):
            _follow_site(pk, was_site, site, work)
            if was_site.trust_id != site.trust_id:
                _follow_given_away(pk, was_site, work)
    work.to_see_to = abilities_changed.call_for_people(
        before, after, now=work.now, lost=work.losses
    )
    done = places_changed.follow_places(
        work.losses, work.withdrawn, work.renamed, work.elsewhere, now=work.now
    )
    for trust, starts in work.touched.items():
        change_log.record_slot_changes(trust, starts, now=work.now)
    _say(work, done, after, effects)


def why_keep(site_id: int) -> str:
    """Return why a site may not be closed: the last appointment to come there."""
    coming = Appointment.objects.filter(site_id=site_id, status__in=LIVE, start__gt=timezone.now())
    last = coming.order_by("-start").first()
    return f"somebody has an appointment there on {say_date(last.start)}" if last else ""


def has_moved(was: SiteState, site: SiteState) -> bool:
    """Whether a site is somewhere else now, and not only written otherwise."""
    return float(straight_km(was.lat, was.lon, site.lat, site.lon)) > SAME_SITE_KM


def is_renamed(was: SiteState, site: SiteState) -> bool:
    """Whether somebody who knows a site by its name and address would not know it by the new."""
    return not (_alike(was.name, site.name) and _alike(was.address, site.address))


def _alike(one: str, other: str) -> bool:
    """Whether two texts say the same: whatever their case, marks and order of words."""
    first, second = (" ".join(sorted(re.findall(r"\w+", t.casefold()))) for t in (one, other))
    numbers = [re.findall(r"\d+", text) for text in (first, second)]
    # A house number is one character, and another house.
    return numbers[0] == numbers[1] and SequenceMatcher(None, first, second).ratio() >= SAME_WORDS


def _lock(before: Snapshot, after: Snapshot) -> None:
    """Keep imports out of the trusts with slots at what changed."""
    sites = {pk for pk, site in after.sites.items() if before.sites.get(pk) != site}
    scanners = {pk for pk, one in after.scanners.items() if before.scanners.get(pk) != one}
    scanners |= before.scanners.keys() - after.scanners.keys()
    for pk in scanners:
        states = (before.scanners.get(pk), after.scanners.get(pk))
        sites |= {state.site_id for state in states if state and state.site_id}
    coming = Slot.objects.filter(start__gt=timezone.now())
    trusts = {
        *coming.filter(site__in=sites).values_list("trust_id", flat=True).distinct(),
        *coming.filter(schedule__scanner__in=scanners).values_list("trust_id", flat=True),
    }
    for trust in sorted(trusts):
        feed_locks.lock_feed_exclusively(trust)


def _coming(now: datetime, **which: object) -> Iterable[Slot]:
    slots = Slot.objects.filter(start__gt=now, **which).exclude(status=Slot.Status.WITHDRAWN)
    return list(
        slots.only("pk", "trust_id", "site_id", "start", "modality", "status", "free_at").order_by(
            "pk"
        )
    )


def _follow_mobile(pk: int, scanner: ScannerState, work: _Work) -> None:
    """Put every slot to come of a mobile scanner where it now stands on that day."""
    cause, moves = ("scanner", scanner.code), defaultdict(list)
    slots = _coming(work.now, schedule__scanner=pk)
    held = _held(slots, scanner, work)
    work.asked[cause] = [one.start for one in slots if one.pk in held]
    for slot in slots:
        site_id = _stands_at(scanner, slot.start)
        if slot.pk in held:
            continue
        if slot.modality != scanner.modality:
            work.withdraw([slot], WhyLost(SCANNER_CHANGED, CANNOT), cause)
        elif site_id is None:
            work.withdraw([slot], WhyLost(SCANNER_MOVED, ELSEWHERE), cause)
        elif site_id != slot.site_id:
            moves[site_id].append(slot.pk)
            work.touched[slot.trust_id].add(slot.start)
    for site_id, slot_ids in moves.items():
        freed = places_changed.let_go_of_holds(now=work.now, pk__in=slot_ids)
        work.holds[cause] = work.holds.get(cause, 0) + freed
        Slot.objects.filter(pk__in=slot_ids).update(site_id=site_id)
        for slot_id in slot_ids:
            work.elsewhere[slot_id], work.cause[slot_id] = site_id, cause


def _held(slots: Iterable[Slot], scanner: ScannerState, work: _Work) -> set[int]:
    """Return the booked slots of a scanner that moves of which a lead is asked first: where it
    stands elsewhere that day, and people are then asked themselves, or nowhere."""
    stays: dict[str, list[int]] = defaultdict(list)
    leaves: dict[str, dict[LostSlot.Why, list[Slot]]] = defaultdict(lambda: defaultdict(list))
    for slot in slots:
        if slot.modality == scanner.modality:
            site_id = _stands_at(scanner, slot.start)
            if site_id == slot.site_id:
                stays[slot.trust_id].append(slot.pk)
            else:
                leaves[slot.trust_id][Why.STOP if site_id else Why.PLACE].append(slot)
    held: set[int] = set()
    for trust in sorted({*stays, *leaves}):
        for why in (Why.STOP, Why.PLACE):
            gone = leaves[trust][why]
            booked = [one.pk for one in gone if one.status == FREE and one.free_at is None]
            settled = settling.hold_moved(trust, stays[trust], booked, now=work.now, why=why)
            held |= settled
            work.touched[trust] |= {one.start for one in gone if one.pk in settled}
    return held


def _stands_at(scanner: ScannerState, start: datetime) -> int | None:
    day = start.astimezone(LONDON).date()
    sites = [site for first, last, site in scanner.stops if first <= day <= last]
    return scanner.site_id or next(iter(sites), None)


def _follow_lost_machines(before: Snapshot, after: Snapshot, work: _Work) -> None:
    """Withdraw the times of a modality at a site whose last machine of it went or was changed.

    Who is booked on one keeps it until a lead agrees, where they are more than the brake lets go;
    also if the machine is there again before that.
    """
    there = {(one.site_id, one.modality) for one in after.scanners.values()}
    there |= {
        (site_id, one.modality) for one in after.scanners.values() for _, _, site_id in one.stops
    }
    for scanner in before.scanners.values():
        if scanner.site_id and (scanner.site_id, scanner.modality) not in there:
            cause = ("scanner", scanner.code)
            slots = _of_no_machine(work.now, scanner.site_id, scanner.modality)
            held = _held_without_machine(slots, work)
            work.asked[cause] = [one.start for one in slots if one.pk in held]
            gone = [one for one in slots if one.pk not in held]
            work.withdraw(gone, WhyLost(SCANNER_CHANGED, CANNOT), cause)
    had = {(one.site_id, one.modality) for one in before.scanners.values()}
    for site_id, modality in sorted((one for one in there - had if one[0]), key=str):
        for trust, keys in _by_trust(_of_no_machine(work.now, site_id, modality)).items():
            settling.hold_moved(trust, keys, (), now=work.now, why=Why.MACHINE)


def _of_no_machine(now: datetime, site_id: int | None, modality: str) -> list[Slot]:
    """Return the times to come of a modality at a site of which nobody says at which scanner."""
    return list(_coming(now, site=site_id, modality=modality, schedule__scanner=None))


def _held_without_machine(slots: list[Slot], work: _Work) -> set[int]:
    """Return the booked slots of which a lead is asked, for their last scanner has gone."""
    booked = [one for one in slots if one.status == FREE and one.free_at is None]
    held: set[int] = set()
    for trust, keys in sorted(_by_trust(booked).items()):
        held |= settling.hold_moved(trust, (), keys, now=work.now, why=Why.MACHINE)
    return held


def _by_trust(slots: Iterable[Slot]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for one in slots:
        found[one.trust_id].append(one.pk)
    return found


def _follow_site(pk: int, was: SiteState, site: SiteState, work: _Work) -> None:
    cause = ("site", site.slug)
    if site.closed:
        if not was.closed:
            slots = _coming(work.now, site=pk)
            work.withdraw(slots, WhyLost(PLACE_CLOSED, CLOSED, was.name), cause)
    elif has_moved(was, site):
        # First: it waits for a booking that is being made, which is then among those below.
        work.holds[cause] = places_changed.let_go_of_holds(now=work.now, site=pk)
        booked = Appointment.objects.filter(site=pk, status__in=LIVE, start__gt=work.now)
        by_trust: dict[str, list[int]] = defaultdict(list)
        starts: dict[int, datetime] = {}
        columns = ("slot__trust_id", "slot_id", "start")
        for trust, slot_id, start in booked.order_by("pk").values_list(*columns):
            by_trust[trust].append(slot_id)
            starts[slot_id] = start
        held: set[int] = set()
        for trust in sorted(by_trust):
            held |= settling.hold_moved(trust, (), by_trust[trust], now=work.now, why=Why.SITE)
        work.asked[cause] = [start for slot_id, start in starts.items() if slot_id in held]
        every = [slot_id for slot_ids in by_trust.values() for slot_id in slot_ids]
        lost = [slot_id for slot_id in every if slot_id not in held]
        work.lose(lost, WhyLost(PLACE_MOVED, MOVED, was.name), cause)
    elif is_renamed(was, site):
        work.renamed.add(pk)


def _follow_given_away(pk: int, was: SiteState, work: _Work) -> None:
    """Take the times of the trust that had a site off sale: they are its feed's to take away.

    Within the brake's limit they then are, and who is booked is displaced; beyond it a lead is
    asked. Whoever books there next books what the site's new trust sends.
    """
    slots = _coming(work.now, site=pk, trust=was.trust_id, schedule__scanner=None)
    keys = [one.pk for one in slots]
    starts = losses.add(was.trust_id, keys, Why.MISSING, now=work.now)
    work.touched[was.trust_id] |= set(starts)
    work.off_sale["site", was.slug] = len(keys)


def _say(work: _Work, done: places_changed.Displaced, after: Snapshot, effects: Effects) -> None:
    """Say of each site and scanner how many people and holds it touched."""
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    waits = [at for starts in (*work.asked.values(), *work.to_see_to.values()) for at in starts]
    touched = [one.start for one in (*done.appointments, *done.asked, *done.told)]
    effects.days |= {day_in_england(start) for start in (*touched, *waits)}
    for appointment in done.appointments:
        slot_id = places_changed.lost_slot(appointment, work.losses)
        counts[work.cause[slot_id]]["displaced and told"] += 1
    for appointment in done.asked:
        slot_id = places_changed.lost_slot(appointment, work.elsewhere)
        counts[work.cause[slot_id]]["asked whether the other place suits"] += 1
    for appointment in done.told:
        counts["site", after.sites[appointment.site_id].slug]["told the new name or address"] += 1
    for slot_id in work.withdrawn:
        counts[work.cause[slot_id]]["withdrawn"] += 1
    for cause, holds in work.holds.items():
        counts[cause]["asked to choose again"] += holds
    for cause, starts in work.asked.items():
        counts[cause]["held for a lead"] += len(starts)
    for cause, starts in work.to_see_to.items():
        counts[cause]["who can no longer be scanned there: see Needs a person"] += len(starts)
    for cause, times in work.off_sale.items():
        counts[cause]["off sale"] += times
    nouns = {"withdrawn": ("time", "times"), "off sale": ("time", "times")}
    for (kind, name), found in counts.items():
        words = [
            f"{count} {nouns.get(what, ('person', 'people'))[count != 1]} {what}"
            for what, count in found.items()
            if count
        ]
        (effects.sites if kind == "site" else effects.scanners)[name] = ", ".join(words)
