"""A referral as it comes in, what was checked of it, and what can be wrong with it."""

from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, NamedTuple

from booking.models import Exam
from booking.patients.reach import NOTHING, NOTHING_SENT, Reach, SentReach
from received.text import is_fit, tidy


class FormerName(NamedTuple):
    """A name that somebody had before; `given` is empty if only the family name was another."""

    given: str
    family: str


class ReferralInvalid(ValueError):
    """A referral that cannot be used. `errors` maps each field to what to type instead."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep every error, so that a form or an answer can show them all at once."""
        super().__init__("; ".join(f"{name}: {what}" for name, what in errors.items()))
        self.errors = errors


class Conflict(ReferralInvalid):
    """It is in already, with other content."""


@dataclass(frozen=True)
class ReferralSubmission:
    """A referral as it was typed or sent: text, not yet trusted. Dates are YYYY-MM-DD or D/M/Y.

    `identifier` is the trust's own number; without one, the same patient, exam and clock start
    are the same referral.
    """

    trust: str
    identifier: str = ""
    given_name: str = ""
    family_name: str = ""
    born: str = ""
    nhs_number: str = ""
    mobile: str = ""
    postcode: str = ""
    exam: str = ""
    urgency: str = ""
    clock_start: str = ""
    needs: tuple[str, ...] = field(default_factory=tuple)
    reach: SentReach = NOTHING_SENT
    former_names: tuple[FormerName, ...] = ()


TYPED = tuple(
    one.name
    for one in fields(ReferralSubmission)
    if one.name not in ("trust", "needs", "reach", "former_names")
)
"""The fields of plain text, in the order of files and forms: all but the trust, the needs, and
how else the patient can be reached, and was called."""


def unfit_fields(sent: ReferralSubmission) -> dict[str, str]:
    """Return what to do about each field that holds a character that cannot be kept."""
    parts = {name: getattr(sent, name) for name in TYPED} | {"needs": "".join(sent.needs)}
    parts["former_names"] = "".join(part for name in sent.former_names for part in name)
    words = "There is a character in it that cannot be kept. Type it again"
    return {name: words for name, value in parts.items() if not is_fit(value)}


def tidied(sent: ReferralSubmission) -> ReferralSubmission:
    """Return a submission without what cannot be seen. What is unfit stays, to be refused."""
    fit = [name for name in TYPED if is_fit(getattr(sent, name))]
    plain: dict[str, Any] = {name: tidy(getattr(sent, name)).strip() for name in fit}
    return replace(sent, **plain)


@dataclass(frozen=True)
class CheckedReferral:
    """What was sent, as values that can be used."""

    given_name: str
    family_name: str
    born: date
    nhs_number: str | None
    mobile: str
    postcode: str
    needs: list[str]
    exam: Exam
    urgency: str
    clock_start: date
    reach: Reach = NOTHING
    former_names: tuple[FormerName, ...] = ()
