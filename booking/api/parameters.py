"""FHIR search parameters, read strictly: what cannot be used is refused with what to send."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode

from django.conf import settings
from rest_framework.request import Request

from booking.api.refusals import FhirError, invalid
from booking.exchange.fhir_systems import DICOM
from received.moments import bring_near
from received.numbers import whole_number
from sites.models import MODALITIES
from times.london import LONDON

MAX_COUNT = 500
ALWAYS = {"_format"}
"""What every address knows; see fhir_view.AnyFhirVersion."""
_PREFIXED = re.compile(r"(?P<prefix>[a-z]{2})?(?P<moment>\d{4}-\d\d-\d\d.*)", re.ASCII)


@dataclass(frozen=True)
class Known:
    """The parameters of one call: those that may come once, and those that may come again."""

    once: frozenset[str] = frozenset()
    many: frozenset[str] = frozenset()

    @property
    def names(self) -> set[str]:
        """All of them."""
        return {*self.once, *self.many}


def known(*once: str, many: Iterable[str] = ()) -> Known:
    """Return the parameters of a call."""
    return Known(frozenset(once), frozenset(many))


def check(request: Request, takes: Known) -> None:
    """Refuse a parameter, or a modifier of one, that the call does not know, or not twice.

    A search that passed over it would answer more than was asked for. Raises FhirError.
    """
    names = sorted(takes.names | ALWAYS)
    for name, values in request.query_params.lists():
        if name not in names:
            raise FhirError(
                400,
                "not-supported",
                f"{name[:64]}: not a parameter here. Known are {', '.join(names)}.",
            )
        if len(values) > 1 and name not in takes.many:
            raise FhirError(400, "value", f"{name}: may be sent once.")


def count(request: Request, default: int = 100) -> int:
    """Return `_count`, at most MAX_COUNT. Raises FhirRefusal."""
    number = whole_number(request.query_params.get("_count", str(default)), least=1)
    if number is None:
        raise invalid("_count", f"a whole number from 1 to {MAX_COUNT}.")
    return min(number, MAX_COUNT)


def moment(name: str, typed: str, *, last: bool = False) -> tuple[str, datetime]:
    """Return (prefix, instant) of "ge2026-12-01T09:00:00Z"; the prefix is "eq" if none.

    Before 1900 is 1900, after 2199 is 2200. A date alone is midnight in England at its start or,
    for the `last` of a range, its end. A plus that came as a space is a plus. Raises FhirRefusal.
    """
    match = _PREFIXED.fullmatch(typed.strip())
    if match:
        prefix, said = match["prefix"] or "eq", match["moment"].replace(" ", "+")
        try:
            if len(said) == 10:
                clock = time.max if last else time.min
                day = date.fromisoformat(said)
                return prefix, bring_near(datetime.combine(day, clock, LONDON))
            found = datetime.fromisoformat(said)
        except ValueError:
            found = None
        if found is not None and found.tzinfo is not None:
            return prefix, bring_near(found)
    raise invalid(name, "an instant like 2026-12-01T09:00:00Z, with seconds and an offset or Z.")


def modality(typed: str) -> str:
    """Return the DICOM code in "MR" or "<system>|MR"; empty if nothing was typed.

    Raises FhirRefusal.
    """
    system, _, code = typed.rpartition("|")
    if typed and (system not in ("", DICOM) or code not in MODALITIES):
        raise invalid("service-type", f"one of {', '.join(MODALITIES)}, or {DICOM}|<code>.")
    return code


def reference(name: str, typed: str, resource: str) -> int | None:
    """Return the number in "Location/12" or "12"; None if nothing was typed.

    Raises FhirRefusal.
    """
    if not typed:
        return None
    number = whole_number(typed.removeprefix(f"{resource}/"))
    if number is None:
        raise invalid(name, f"{resource}/<id>, with an id of ours.")
    return number


def address(path: str, parameters: list[tuple[str, str]]) -> str:
    """Return the full URL of one of our addresses with these parameters."""
    return f"{settings.PUBLIC_BASE_URL}/fhir/R4/{path}?{urlencode(parameters)}"
