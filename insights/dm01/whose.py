"""Whose exact figures somebody may lay beside DM01's."""

from booking.models import Staff
from insights.dm01.providers import trusts_now
from sites.models import Trust


def trusts_seen_by(staff: Staff) -> list[tuple[str, str]]:
    """Return the codes and names of the trusts: all for who runs the network, else their own."""
    names = dict(Trust.objects.values_list("code", "name"))
    sees_all = staff.role == Staff.Role.NETWORK_ADMIN
    codes = [code for code in trusts_now() if sees_all or code in staff.trust_codes]
    return sorted(((code, names[code]) for code in codes), key=lambda one: one[1])
