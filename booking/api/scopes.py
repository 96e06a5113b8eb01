"""What a token may do: SMART's scopes, `system/Slot.rs` (its version 2) or `system/Slot.read` (1).

A client may ask for less than all that its trust may do, so that what is stolen of it is good for
less. A key, and a token for which nothing was asked, may do all.
"""

import re
from collections.abc import Iterable, Mapping

from booking.api.refusals import FhirError

ALL = "slots"
"""What a token holds for which nothing was asked."""
RESOURCES = (
    "Location", "Schedule", "Slot", "Appointment", "ServiceRequest", "MessageDefinition",
    "Questionnaire", "QuestionnaireResponse",
)  # fmt: skip
_SCOPE = re.compile(
    rf"system/(?P<resource>\*|{'|'.join(RESOURCES)})"
    r"\.(?P<does>read|write|\*|(?=[cruds])c?r?u?d?s?)",
    re.ASCII,
)
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
Needs = Mapping[str, Iterable[tuple[str, str]]]
"""By method, in small letters: resources, each with the letters of cruds that a call needs."""
SUPPORTED = [
    ALL,
    *(f"system/{name}.{does}" for name in ("*", *RESOURCES)
      for does in ("cruds", "rs", "read", "write")),
]  # fmt: skip
"""What is said of them to systems: each subset of cruds, in that order, is taken as well."""


def is_known(scope: str) -> bool:
    """Whether a client may ask for a scope."""
    return scope == ALL or _SCOPE.fullmatch(scope) is not None


def check(scope: str, needed: Iterable[tuple[str, str]] | None) -> None:
    """Refuse a call that the scope of its token does not hold; empty is a key's: all.

    None is needed of a call that says nothing: it is refused to all but those who may do all.
    Raises FhirError.
    """
    held = scope.split()
    if not held or ALL in held:
        return
    missing = [f"{name}.{does}" for name, does in needed or [("*", "cruds")]
               if not set(does) <= _letters(held, name)]  # fmt: skip
    if missing:
        wanted = " ".join(f"system/{one}" for one in missing)
        raise FhirError(403, "forbidden", f"The scope of this token does not hold {wanted}.")


def _letters(held: list[str], resource: str) -> set[str]:
    """Return what may be done with a resource, of the letters of cruds."""
    found: set[str] = set()
    for match in filter(None, map(_SCOPE.fullmatch, held)):
        if match["resource"] in ("*", resource):
            found |= set(_VERSION_1.get(match["does"], match["does"]))
    return found
