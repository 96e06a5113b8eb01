"""Which exam a partner's codes mean: ours, NICIP's or SNOMED CT's, and what to say of others."""

from collections.abc import Iterable
from typing import NamedTuple

from booking.models import Exam, ExamCode

OURS = "urn:scan-finder:exam"
SNOMED = "http://snomed.info/sct"
NICIP = "urn:scan-finder:nicip"
"""NICIP has no address of its own that all use: any system with its name in it is taken."""
SHOWN = 100


class ExamNotKnown(ValueError):
    """The codes name no exam, or several. The text says which codes there are."""


class Coding(NamedTuple):
    """A code of a system, as it was sent."""

    system: str
    code: str


def exam_of(codings: Iterable[Coding]) -> Exam:
    """Return the one exam that these codes name; codes that nobody here knows are passed over.

    Raises ExamNotKnown.
    """
    sent = [one for one in codings if one.code.strip()]
    found = {exam.pk: exam for exam in map(_find, sent) if exam}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        names = ", ".join(sorted(exam.code for exam in found.values()))
        raise ExamNotKnown(f"It names several exams: {names}. Send one")
    said = ", ".join(one.code.strip()[:32] for one in sent[:5]) or "(no code was sent)"
    raise ExamNotKnown(f"There is no exam {said}. {there_are()}")


def there_are() -> str:
    """Return which codes an exam may be sent by, in words."""
    exams = Exam.objects.filter(retired=False).order_by("code")
    ours = ", ".join(exams.values_list("code", flat=True)[:SHOWN])
    words = [f"There are {ours} ({OURS})" if ours else "No exam is loaded"]
    for system, address in ((ExamCode.System.NICIP, NICIP), (ExamCode.System.SNOMED, SNOMED)):
        codes = ExamCode.objects.filter(system=system, exam__retired=False).order_by("code")
        if named := ", ".join(codes.values_list("code", flat=True)[:SHOWN]):
            words.append(f"{named} ({address})")
    return "; ".join(words)


def exam_codes() -> set[str]:
    """Return our own codes of all exams."""
    return set(Exam.objects.values_list("code", flat=True))


def _find(coding: Coding) -> Exam | None:
    code = coding.code.strip().upper()
    system = coding.system.strip()
    if system == OURS:
        return Exam.objects.filter(code=code).first()
    if system == SNOMED:
        return Exam.objects.filter(codes__system=ExamCode.System.SNOMED, codes__code=code).first()
    if "nicip" in system.lower():
        return Exam.objects.filter(codes__system=ExamCode.System.NICIP, codes__code=code).first()
    return None
