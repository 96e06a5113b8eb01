"""What partners send about appointments, as far as we read it."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from booking.exchange.fhir_systems import CANCELLED_BY, OUR_REFERRAL
from booking.models import Appointment
from received.numbers import whole_number

MAX_BODY = 64 * 1024


class Malformed(ValueError):
    """An element is missing or cannot be used; the text says which, and what to send."""


class _Identifier(Struct):
    system: str = ""
    value: str = ""


class _Reference(Struct):
    reference: str = ""
    identifier: _Identifier | None = None

    def own_number(self, kind: str) -> int | None:
        """Return the number in "Slot/12", None if it is anything else."""
        name, _, number = self.reference.rpartition("/")
        return whole_number(number) if name.rpartition("/")[2] == kind else None


class _Coding(Struct):
    system: str = ""
    code: str = ""


class _Concept(Struct):
    coding: list[_Coding] = []


class Booking(Struct, rename="camel", tag_field="resourceType", tag="Appointment"):
    """A new Appointment: which slot, for which referral."""

    status: str = ""
    slot: list[_Reference] = []
    based_on: list[_Reference] = []

    def required_status(self) -> str:
        """Return the status that was sent. Raises Malformed if none was."""
        if not self.status:
            raise Malformed("status is needed: booked.")
        return self.status

    def slot_id(self) -> int:
        """Return the slot's number. Raises Malformed."""
        numbers = [reference.own_number("Slot") for reference in self.slot]
        if len(numbers) != 1 or numbers[0] is None:
            raise Malformed("slot must be one reference, Slot/<id>, with an id of ours.")
        return numbers[0]

    def code(self) -> str:
        """Return the booking code of the referral. Raises Malformed."""
        named = [ref.identifier for ref in self.based_on if ref.identifier]
        codes = [one.value for one in named if one.system == OUR_REFERRAL and one.value]
        if len(codes) != 1:
            raise Malformed(
                f"basedOn needs one identifier: system {OUR_REFERRAL}, the booking code."
            )
        return codes[0]


class Answer(Struct, rename="camel", tag_field="resourceType", tag="Appointment"):
    """What an Appointment should become; of the rest only what may not differ is read."""

    status: str
    cancelation_reason: _Concept | None = None
    cancellation_reason: _Concept | None = None
    """As FHIR R5 spells it: whose reason was passed over would be the caller's own doing."""
    start: datetime | None = None
    end: datetime | None = None
    slot: list[_Reference] = []

    def reason(self) -> str:
        """Return the code of cancelationReason, HL7's before others; empty if there is none."""
        said = self.cancelation_reason or self.cancellation_reason or _Concept()
        codings = [one for one in said.coding if one.code.strip()]
        codings.sort(key=lambda one: one.system != CANCELLED_BY)
        return codings[0].code.strip() if codings else ""

    def changes_more_than_status(self, made: Appointment) -> bool:
        """Whether it names another time or slot than the appointment has."""
        times = (self.start, made.start), (self.end, made.end)
        return any(said not in (None, is_) for said, is_ in times) or any(
            reference.own_number("Slot") != made.slot_id for reference in self.slot
        )

    @classmethod
    def patched(cls, changes: "list[Change]") -> "Answer":
        """Return what a JSON Patch asks for. Raises Malformed for anything but the status."""
        found: dict[str, Any] = {}
        for change in changes:
            if change.op not in ("add", "replace") or change.path not in (
                "/status",
                "/cancelationReason",
            ):
                raise Malformed("A patch may replace /status and /cancelationReason.")
            found[change.path[1:]] = change.value
        try:
            return msgspec.convert({"resourceType": "Appointment", **found}, cls)
        except msgspec.ValidationError as error:
            raise Malformed(str(error)) from None


class Change(Struct):
    """One operation of a JSON Patch."""

    op: str
    path: str
    value: Any = None
