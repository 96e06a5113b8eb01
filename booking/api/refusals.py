"""What goes wrong at the FHIR doors, each with its status, its code and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rest_framework.exceptions import APIException

from booking.api.outcomes import issue, outcome
from booking.appointments import holds
from booking.appointments.clashes import TimesOverlap
from booking.exams.questions.outcomes import BookingNotAllowed, QuestionsOpen, TooSoonToCheck
from booking.exchange.fhir_resources import Resource, instant
from booking.exchange.fhir_systems import ALTERNATIVE, READ_ON
from booking.exchange.writeback import partners
from booking.models import Appointment
from booking.restoring.cursors import ReadAgain
from booking.search import places


class FhirError(APIException):
    """An answer that is an OperationOutcome: `code` is a FHIR issue type."""

    def __init__(self, status: int, code: str, text: str, *more: Resource) -> None:
        """Take the HTTP status, what the first issue says, and any further issues."""
        super().__init__(text)
        self.status_code = status
        self.outcome = outcome(issue(code, text), *more)


def not_found(what: str) -> FhirError:
    """Return the refusal of what does not exist: "Slot/12"."""
    return FhirError(404, "not-found", f"{what} is not known.")


def invalid(parameter: str, what: str) -> FhirError:
    """Return the refusal of a parameter or an element that cannot be used."""
    return FhirError(400, "value", f"{parameter}: {what}")


def required(what: str) -> FhirError:
    """Return the refusal of a call that lacks something."""
    return FhirError(400, "required", what)


def taken(gone: holds.SlotTaken, now: Any) -> FhirError:
    """Return 409 with the three free times nearest to the one that is gone."""
    return FhirError(
        409,
        "conflict",
        f"Slot/{gone.slot.pk} is taken, or its trust took it away.",
        *_alternatives(gone, now),
    )


def not_suitable(slot_id: int, refusal: holds.SlotNotSuitable) -> FhirError:
    """Return 422: there is no such slot, or why the scan cannot be done in it."""
    why = refusal.misfit.label if refusal.misfit else "It is not known"
    sooner = f" Not before {instant(refusal.earliest)}." if refusal.earliest else ""
    return FhirError(422, "business-rule", f"Slot/{slot_id}: {why}.{sooner}")


def overlaps(overlap: TimesOverlap) -> FhirError:
    """Return 409: the patient has another appointment then. It may be another trust's to name."""
    return FhirError(
        409,
        "conflict",
        f"Slot/{overlap.slot.pk}: the patient has another appointment at that time."
        " Choose another Slot, or have that one cancelled.",
    )


def ran_out(gone: holds.HoldExpired) -> FhirError:
    """Return 410: the hold on a time ran out, though nobody has taken it yet."""
    return FhirError(410, "expired", f"The hold on Slot/{gone.slot.pk} ran out. Book it again.")


def other_slots(others: partners.NotTheseSlots) -> FhirError:
    """Return 422: which slots the scan would take, of which the first is enough to name."""
    names = ", ".join(f"Slot/{pk}" for pk in others.slot_ids)
    what = f"slot: this scan would take {names}. Name the first of them, or all."
    return FhirError(422, "business-rule", what)


def not_allowed(refusal: BookingNotAllowed) -> FhirError:
    """Return 422: what the questions before the scan say; never what was answered."""
    if isinstance(refusal, QuestionsOpen):
        left = ", ".join(question.id for question in refusal.result.unanswered)
        what = f"questions before this scan have no answer yet: {left}. Send them with the request"
    elif isinstance(refusal, TooSoonToCheck):
        what = "a person must check an answer first, and this Slot is too soon. Choose a later one"
    else:
        what = "an answer must be talked about first. A person phones the patient"
    return FhirError(422, "business-rule", f"basedOn: {what}.")


def ended(over: holds.ReferralEnded) -> FhirError:
    """Return 422: the request is over, and why."""
    why = over.referral.get_end_reason_display()
    return FhirError(422, "business-rule", f"basedOn: this request has ended: {why}.")


@contextmanager
def choosing(slot_id: int, now: datetime) -> Iterator[None]:
    """Turn what stands against holding or taking a slot for a referral into its answer."""
    try:
        yield
    except partners.NotKnown:
        raise FhirError(422, "not-found", "basedOn: no such referral of yours.") from None
    except holds.ReferralEnded as over:
        raise ended(over) from None
    except holds.SlotNotSuitable as refusal:
        raise not_suitable(slot_id, refusal) from None
    except TimesOverlap as overlap:
        raise overlaps(overlap) from None
    except partners.NotTheseSlots as others:
        raise other_slots(others) from None
    except BookingNotAllowed as refusal:
        raise not_allowed(refusal) from None
    except holds.SlotTaken as gone:
        raise taken(gone, now) from None
    except holds.HoldExpired as gone:
        raise ran_out(gone) from None


def _alternatives(gone: holds.SlotTaken, now: Any) -> list[Resource]:
    return [
        {
            **issue(
                "informational",
                f"Slot/{free.slot} is free: {instant(free.start)} at {place.name}.",
                "information",
            ),
            "extension": [
                {"url": ALTERNATIVE, "valueReference": {"reference": f"Slot/{free.slot}"}}
            ],
        }
        for place, free in places.nearest_alternatives(
            gone.slot, None, now=now, exam=gone.exam, needed=gone.needed
        )
    ]


def stale(made: Appointment) -> FhirError:
    """Return 412: somebody changed it since the caller read it."""
    return FhirError(
        412, "conflict", f'It was changed meanwhile: read it again, its ETag is W/"{made.version}".'
    )


def over(made: Appointment) -> FhirError:
    """Return 409: it is over, and stays as it is."""
    said = f"Appointment/{made.reference} is {made.status}: that stays."
    return FhirError(409, "conflict", said)


def read_again(lost: ReadAgain) -> FhirError:
    """Return 410: a restore took away what the caller read last, and where to read on from."""
    read_on, restored_at = instant(lost.read_on), instant(lost.restored_at)
    said = {
        **issue("informational", f"Read on from _lastUpdated=gt{read_on}.", "information"),
        "extension": [{"url": READ_ON, "valueInstant": read_on}],
    }
    what = (
        f"_lastUpdated: the service was put back from a backup at {restored_at}, and does not know"
        f" what changed after {read_on}. Read each Appointment that you have with a later"
        " meta.lastUpdated again by its id, and take it as it is, whatever its versionId. One that"
        " is 404 is lost here: keep it, and send us the list of what you have."
    )
    return FhirError(410, "expired", what, said)
