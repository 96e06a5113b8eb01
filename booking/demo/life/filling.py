"""Fill the demo with life, once: invent the people, then let things happen to them."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from booking.appointments import reserving
from booking.demo.life import around, lists, people, referrals, urgent, visits
from booking.demo.life.crew import Crew, Part
from booking.demo.life.times import Times
from booking.models import Referral, ReservedShare, Staff
from booking.worklists import chasing
from times.london import day_in_england

HAPPENS: dict[str, Callable[[Part, Crew], object]] = {
    "not_booked": around.not_booked, "booked": visits.booked, "today": visits.today,
    "past": visits.past, "displaced": visits.displaced, "cancelled": visits.cancelled,
    "stopped": visits.stopped, "held": visits.held, "undelivered": around.undelivered,
    "cancer": urgent.cancer, "scanned": urgent.scanned, "late": visits.late,
    "ended": around.ended, "offered": around.offered, "kept": around.kept,
}  # fmt: skip
"""What becomes of each; who waits, or is about to breach, is left to the clock."""
SHARE = ("RXL", "CT")
PERCENT, HOURS = 10, 48


def create(now: datetime, count: int = people.WHOLE) -> int:
    """Invent about `count` people and what happens to them; return how many requests are new.

    What is there stays as it is. Broken off half-way it is not finished by the next run: those of
    whom nothing was done yet are on the clock's lists then, and nobody is lost.
    """
    if not count or Referral.objects.filter(**referrals.OF_THEM).exists():
        return 0
    crew = _crew(now)
    invented = people.invent(count, day_in_england(now))
    made = referrals.write(invented, crew.clerk, now)
    of: dict[str, list[Part]] = defaultdict(list)
    for who, referral in zip(invented, made, strict=True):
        of[who.group].append(Part(who, referral))
    for group, happens in HAPPENS.items():
        for part in of[group]:
            happens(part, crew)
    around.same(of["same"], crew)
    around.reply(of["booked"], crew)
    around.deliver_the_rest(crew)
    _reserve(now, crew)
    chasing.open_due_rows(now=now)
    lists.work(crew)
    return len(made)


def _crew(now: datetime) -> Crew:
    by_role: dict[str, Staff] = {}
    for one in Staff.objects.select_related("user").order_by("-pk"):
        by_role[one.role] = one
    role = Staff.Role
    return Crew(now, by_role[role.CLERK], by_role[role.LEAD], by_role[role.IMAGING], Times(now))


def _reserve(now: datetime, crew: Crew) -> None:
    """Let a lead keep some times for suspected cancer."""
    trust, modality = SHARE
    if not ReservedShare.objects.filter(trust=trust, modality=modality).exists():
        share = ReservedShare(trust_id=trust, modality=modality)
        reserving.set_share(share, percent=PERCENT, hours=HOURS, now=now, actor=crew.lead.actor)
