"""Who sees which figures, and how exactly.

Everybody sees the network's and their own trusts'; those who compare see each trust's. One's own
are exact, all others rounded (insights/small_numbers.py). Of a whole that one's own is a part of
nothing is said where what is left of it, without one's own, would be small: else a clerk had
another trust's small number by taking their own away. Trusts are those of now: whoever is of one
that another came after (Successor) is of that one.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from booking.clerk.permissions import Action, may
from booking.models import Staff
from insights.dm01.providers import all_now, successors, trust_now
from insights.reading import Filters
from sites import places
from sites.models import Trust
from sites.places import Place


@dataclass(frozen=True)
class Sight:
    """What somebody may see: the codes of their own trusts, of all, and whether they compare.

    `old` says of a code what came after it.
    """

    own: frozenset[str]
    trusts: dict[str, str]
    may_compare: bool
    old: dict[str, str] = field(default_factory=dict)

    def is_exact(self, filters: Filters) -> bool:
        """Whether figures of these filters are one's own: of one's trust, or of its place."""
        site = places.table().by_id.get(filters.site) if filters.site else None
        whose = {filters.trust, self.now(site.trust) if site else None} - {None}
        return bool(whose & self.own) or self.sees_all(self.trusts)

    def now(self, code: str) -> str:
        """Return which trust it is now."""
        return trust_now(code, self.old)

    def sees_all(self, trusts: Collection[str]) -> bool:
        """Whether all of these trusts are one's own, so that nothing stands rounded beside it."""
        return bool(trusts) and self.own >= set(trusts)

    def parts_of(self, filters: Filters) -> list[str]:
        """Return one's own trusts that are a part of what is asked for, and not all of it."""
        return sorted(self.own) if filters.trust is None and not self.is_exact(filters) else []

    @property
    def open_trusts(self) -> dict[str, str]:
        """Trusts whose own figures this person may see, code and name."""
        return {
            code: name for code, name in self.trusts.items() if self.may_compare or code in self.own
        }

    @property
    def open_places(self) -> list[Place]:
        """Places whose figures this person may see, by name; also closed ones."""
        found = [one for one in places.table().places if self.now(one.trust) in self.open_trusts]
        return sorted(found, key=lambda one: (one.name, one.slug))


def sight_of(staff: Staff) -> Sight:
    """Return what this person may see: of every trust, also of one that has no place."""
    named = Trust.objects.order_by("name", "code").values_list("code", "name")
    old = successors()
    trusts = {code: name for code, name in named if code not in old}
    return Sight(all_now(staff.trust_codes, old), trusts, may(staff, Action.COMPARE), old)
