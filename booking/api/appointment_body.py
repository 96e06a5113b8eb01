"""What partners send about appointments, as far as we read it."""

from datetime import datetime
from typing import Any, NamedTuple

import jsonpatch
import msgspec
from msgspec import Struct

from booking.exchange.fhir_systems import CANCELLED_BY, OUR_REFERRAL
from booking.models import Appointment
from received.numbers import whole_number

MAX_BODY = 64 * 1024
PATCHABLE = {"status", "cancelationReason", "slot", "start", "end"}
KEPT = {"status"}
"""What an answer needs, though a patch leaves it as it was."""


class Malformed(ValueError):
    """An element is missing or cannot be used; the text says which, and what to send."""


class _Identifier(Struct):
    system: str = ""
    value: str = ""


class Reference(Struct):
    """A reference to one of our resources, by its id or by an identifier."""

    reference: str = ""
    identifier: _Identifier | None = None

    def own_number(self, kind: str) -> int | None:
        """Return the number in "Slot/12", None if it is anything else."""
        name, _, number = self.reference.rpartition("/")
        return whole_number(number) if name.rpartition("/")[2] == kind else None


class RequestNamed(NamedTuple):
    """A referral as a partner names it: by our id, by its own number, or by the booking code."""

    pk: int | None = None
    number: str = ""
    code: str = ""


def request_named(based_on: list[Reference]) -> RequestNamed:
    """Return the one referral that references name. Raises Malformed."""
    if len(based_on) == 1:
        pk, said = based_on[0].own_number("ServiceRequest"), based_on[0].identifier
        if pk is not None:
            return RequestNamed(pk=pk)
        if said and said.value and said.system == OUR_REFERRAL:
            return RequestNamed(code=said.value)
        if said and said.value and said.system.startswith(f"{OUR_REFERRAL}:"):
            return RequestNamed(number=said.value)
    raise Malformed(
        "basedOn must be one reference: ServiceRequest/<id>, or an identifier with system"
        f" {OUR_REFERRAL}:<your ODS code> and your number, or {OUR_REFERRAL} and the booking code."
    )


class _Coding(Struct):
    system: str = ""
    code: str = ""


class _Concept(Struct):
    coding: list[_Coding] = []


class Booking(Struct, rename="camel", tag_field="resourceType", tag="Appointment"):
    """A new Appointment: which slot, for which referral."""

    status: str = ""
    slot: list[Reference] = []
    based_on: list[Reference] = []

    def required_status(self) -> str:
        """Return the status that was sent. Raises Malformed if none was."""
        if not self.status:
            raise Malformed("status is needed: booked.")
        return self.status

    def slot_ids(self) -> list[int]:
        """Return the numbers of the slots: the first, or all that are meant. Raises Malformed."""
        return _own_numbers(self.slot)

    def request(self) -> RequestNamed:
        """Return which referral it is for. Raises Malformed."""
        return request_named(self.based_on)


class Answer(Struct, rename="camel", tag_field="resourceType", tag="Appointment"):
    """What an Appointment should become; of the rest only what may not differ is read."""

    status: str
    cancelation_reason: _Concept | None = None
    cancellation_reason: _Concept | None = None
    """As FHIR R5 spells it: whose reason was passed over would be the caller's own doing."""
    start: datetime | None = None
    end: datetime | None = None
    slot: list[Reference] = []

    def reason(self) -> str:
        """Return the code of cancelationReason, HL7's before others; empty if there is none."""
        said = self.cancelation_reason or self.cancellation_reason or _Concept()
        codings = [one for one in said.coding if one.code.strip()]
        codings.sort(key=lambda one: one.system != CANCELLED_BY)
        return codings[0].code.strip() if codings else ""

    def new_slots(self, made: Appointment) -> list[int]:
        """Return the numbers of the slots that it should move to, none if it names the same.

        Of several, the first alone or all of them. Raises Malformed.
        """
        numbers = _own_numbers(self.slot) if self.slot else []
        is_same = numbers == [made.slot_id] or set(numbers) == set(made.slot_ids())
        return [] if is_same else numbers

    def is_at(self, start: datetime, *ends: datetime) -> bool:
        """Whether the times that it names, if any, are these, with one of these ends if any."""
        return self.start in (None, start) and (not ends or self.end in (None, *ends))


def _own_numbers(slots: list[Reference]) -> list[int]:
    """Return each number once. Raises Malformed."""
    numbers = list(dict.fromkeys(reference.own_number("Slot") for reference in slots))
    found = [number for number in numbers if number is not None]
    if not found or len(found) != len(numbers):
        what = "slot must be a reference, Slot/<id>, with an id of ours: the first, or all of them."
        raise Malformed(what)
    return found


def patched(now_is: dict[str, Any], patch: list[dict[str, Any]]) -> Answer:
    """Return what an Appointment becomes by a JSON Patch (RFC 6902), as far as it may be changed.

    Raises Malformed for a patch that cannot be applied, or changes anything else.
    """
    try:
        after = jsonpatch.apply_patch(now_is, patch)
    except (
        jsonpatch.JsonPatchException,
        jsonpatch.JsonPointerException,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:  # the library's own, and what it lets through of a document of another shape
        raise Malformed(f"The patch cannot be applied: {str(error)[:200]}") from None
    if not isinstance(after, dict):
        raise Malformed("The patch leaves no Appointment.")
    names = {*now_is, *after}
    changed = {name for name in names if now_is.get(name) != after.get(name)}
    if not changed or not changed <= PATCHABLE:
        raise Malformed(f"A patch may change {', '.join(sorted(PATCHABLE))}, and must change one.")
    try:
        return msgspec.convert(
            {"resourceType": "Appointment", **{n: after[n] for n in KEPT | changed if n in after}},
            Answer,
        )
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None
