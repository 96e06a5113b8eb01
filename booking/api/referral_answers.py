"""A contained QuestionnaireResponse of a ServiceRequest: the answers that a trust has already."""

from collections.abc import Iterator

import msgspec

from booking.api.outcomes import Unreadable
from booking.api.referral_patients import Coding, Identifier, Patient
from booking.exchange.fhir_questions import canonical
from received.numbers import whole_number

TYPE = "QuestionnaireResponse"


class Quantity(msgspec.Struct):
    """A number with its unit."""

    value: float | None = None
    unit: str = ""
    code: str = ""


class AnswerValue(msgspec.Struct, rename="camel"):
    """One answer, in one of the ways that FHIR has for it."""

    value_boolean: bool | None = None
    value_coding: Coding | None = None
    value_string: str | None = None
    value_integer: int | None = None
    value_decimal: float | None = None
    value_quantity: Quantity | None = None
    item: list["Item"] = []

    @property
    def typed(self) -> str:
        """The answer as a person would type it; empty if it is none that we read."""
        if self.value_boolean is not None:
            return "yes" if self.value_boolean else "no"
        if self.value_coding is not None:
            return self.value_coding.code
        if self.value_quantity is not None:
            return _number(self.value_quantity.value, self.value_quantity)
        for number in (self.value_integer, self.value_decimal):
            if number is not None:
                return _number(number, None)
        return self.value_string or ""


class Item(msgspec.Struct, rename="camel"):
    """A question with its answers, or a group of such."""

    link_id: str = ""
    answer: list[AnswerValue] = []
    item: list["Item"] = []


class Contained(Patient, rename="camel"):
    """A contained resource: of a Patient and of a QuestionnaireResponse what we read of both."""

    identifier: list[Identifier] | Identifier = []  # type: ignore[assignment]
    questionnaire: str = ""
    item: list[Item] = []

    @property
    def identifiers(self) -> list[Identifier]:
        """What it is known by: a Patient by many, a QuestionnaireResponse by one."""
        found = self.identifier
        return found if isinstance(found, list) else [found]


def read(contained: list[Contained]) -> tuple[list[tuple[str, str]], int | None, str]:
    """Return the answers that were sent, the version that was asked, and where they stand.

    Raises Unreadable for two QuestionnaireResponses, and for one to another Questionnaire.
    """
    sent = [(place, one) for place, one in enumerate(contained) if one.resource_type == TYPE]
    if not sent:
        return [], None, ""
    if len(sent) > 1:
        raise Unreadable(f"Send one contained {TYPE}.")
    place, found = sent[0]
    url, _, version = found.questionnaire.partition("|")
    if url != canonical():
        raise Unreadable(f"contained[{place}].questionnaire must be {canonical()}|<version>.")
    return list(_answers(found.item)), whole_number(version), f"contained[{place}]"


def _answers(items: list[Item]) -> Iterator[tuple[str, str]]:
    for item in items:
        if len(item.answer) > 1:
            raise Unreadable(f"linkId {item.link_id[:40]}: send one answer.")
        if item.answer:
            yield item.link_id, item.answer[0].typed
        for answer in item.answer:
            yield from _answers(answer.item)
        yield from _answers(item.item)


def _number(value: float | None, quantity: Quantity | None) -> str:
    if value is None:
        return ""
    unit = (quantity.code or quantity.unit) if quantity else ""
    return f"{value:g} {unit}".strip()
