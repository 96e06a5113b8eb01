"""Times that a feed puts on sale: near ones may be what somebody who would come sooner waits for.

An import must not pay for this. So far-off times, which a feed adds every night, are passed over
without a query; of the others as many count as somebody can be asked about, and only if anybody on
the list has such a scan. All are on sale for everybody in any case.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from booking.models import FreedSlot, Slot, SoonerWish
from booking.offers.freed import note_freed
from booking.offers.sooner.fitting import SHORTEST_NOTICE

HORIZON = timedelta(days=28)
"""Later ones are passed over: a feed adds a whole day of them at once, and they stay on sale."""
MOST_AT_ONCE = 50
"""Of one transaction of an import, those that start the soonest."""
MOST_WAITING = 2000
"""With so many still to be looked at, no more are added."""

Seat = tuple[str, int, datetime, str]
"""The trust's own id of a slot, which seat of it, its start and its modality."""


def note_opened(trust: str, seats: Sequence[Seat], *, now: datetime) -> None:
    """Note those of a trust's seats that are on sale from now on which somebody may wait for.

    Belongs in the transaction that wrote them.
    """
    first, last = now + SHORTEST_NOTICE, now + HORIZON
    near = sorted(
        (start, key, seat, scan) for key, seat, start, scan in seats if first <= start <= last
    )
    if not near:
        return
    waited_for = _modalities_waited_for({scan for *_, scan in near})
    near = [one for one in near if one[3] in waited_for][:MOST_AT_ONCE]
    if near and FreedSlot.objects.filter(seen_at=None).count() < MOST_WAITING:
        wanted = {(key, seat) for _, key, seat, _ in near}
        stored = Slot.objects.filter(trust=trust, external_id__in=[key for key, _ in wanted])
        found = stored.values_list("pk", "external_id", "seat")
        note_freed([pk for pk, key, seat in found if (key, seat) in wanted], now=now, depth=0)


def _modalities_waited_for(modalities: set[str]) -> set[str]:
    on = SoonerWish.objects.filter(
        state=SoonerWish.State.ON, referral__exam__modality__in=modalities
    )
    return set(on.values_list("referral__exam__modality", flat=True).distinct())
