"""Whose exact figures somebody may lay beside DM01's."""

from booking.models import Staff
from insights.dm01.providers import all_now, successors, trusts_now
from sites.models import Trust


def trusts_seen_by(staff: Staff) -> list[tuple[str, str]]:
    """Return the codes and names of the trusts of now: all for who runs the network, else own."""
    names, table = dict(Trust.objects.values_list("code", "name")), successors()
    sees_all, own = staff.role == Staff.Role.NETWORK_ADMIN, all_now(staff.trust_codes, table)
    codes = [code for code in trusts_now(table) if sees_all or code in own]
    return sorted(((code, names[code]) for code in codes), key=lambda one: one[1])
