"""What a form is about: whose scan, and the appointment as it stood when the page was shown.

A session says who may act, never on what: in another tab somebody else may have signed in, or the
appointment may have been cancelled and another booked. So a form carries what its page was about,
signed, and the door that takes it acts on exactly that, or on nothing.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

from django.core import signing
from django.utils.html import format_html
from django.utils.safestring import SafeString

from booking.models import Alert, Appointment, Referral, Shift, WorklistRow
from booking.models.appointment import LIVE

FIELD = "about"
SALT = "booking.pages.subject"


class SubjectChanged(Exception):
    """The page showed an appointment that is another by now, or it does not say what it showed."""


class OtherSubject(SubjectChanged):
    """The page was about somebody else."""


@dataclass(frozen=True)
class Subject:
    """What a page is about, by the keys of its rows; 0 where there is none."""

    patient: int = 0
    referral: int = 0
    appointment: int = 0
    version: int = 0
    row: int = 0
    row_version: int = 0

    def must_be(self, now: "Subject") -> None:
        """Refuse a page about anything but `now`. Raises OtherSubject or SubjectChanged."""
        whose, whose_now = (self.patient, self.referral), (now.patient, now.referral)
        # The same request of another record: the two records were joined, it is nobody else's.
        is_moved = bool(self.referral) and self.referral == now.referral
        if self.patient and whose != whose_now and not is_moved:
            raise OtherSubject
        if self != now:
            raise SubjectChanged


NOBODY = Subject()
"""What a page is about that is shown before anybody has signed in."""


def subject_of(referral: Referral, appointment: Appointment | None) -> Subject:
    """Return a referral with this appointment, as they were read."""
    if appointment is None:
        return Subject(referral.patient_id, referral.pk)
    return Subject(referral.patient_id, referral.pk, appointment.pk, appointment.version)


def subject_of_row(row: WorklistRow) -> Subject:
    """Return a row of a worklist with whom it is about, as they were read."""
    about = subject_of(row.referral, row.appointment) if row.referral else NOBODY
    return replace(about, row=row.pk)


def version_of_row(row: WorklistRow) -> Subject:
    """Return a row as subject_of_row does, and as it stood: what was done to it since is seen."""
    return replace(subject_of_row(row), row_version=row.version)


def subject_of_alert(alert: Alert) -> Subject:
    """Return an alert as it was read: unlike a row's, its version stands without an appointment."""
    patient, referral = alert.referral.patient_id, alert.referral_id
    return Subject(patient, referral, version=alert.version, row=alert.pk)


def subject_of_shift(shift: Shift) -> Subject:
    """Return a shift of a rota, which never changes but by being taken away."""
    return Subject(row=shift.pk)


def subject_now(referral: Referral) -> Subject:
    """Return a referral with its live appointment, as the database has them now."""
    return subject_of(referral, _live_appointment(referral))


def lock_subject(seen: Subject, referral: Referral, slot_id: int) -> None:
    """Keep other bookings of this referral out; refuse to book if it is not as it was `seen`.

    Booked on this very slot, it is as the first of two presses made it. Belongs in a transaction,
    before the booking that it guards. Raises OtherSubject or SubjectChanged.
    """
    Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
    live = _live_appointment(referral)
    if live is None or live.slot_id != slot_id:
        seen.must_be(subject_of(referral, live))


def subject_token(subject: Subject) -> str:
    """Return what a form carries: keys of our own, signed. No name, code or reference is in it."""
    return signing.Signer(salt=SALT).sign(".".join(str(key) for key in astuple(subject)))


def read_subject(sent: Mapping[str, str]) -> Subject:
    """Return what a form is about. Raises SubjectChanged if we did not write it."""
    try:
        keys = signing.Signer(salt=SALT).unsign(sent.get(FIELD, ""))
    except signing.BadSignature:
        raise SubjectChanged from None
    return Subject(*(int(key) for key in keys.split(".")))


def about_field(token: str) -> SafeString:
    """Return the hidden field of a form that carries a token."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token)


def _live_appointment(referral: Referral) -> Appointment | None:
    return Appointment.objects.filter(referral=referral, status__in=LIVE).first()
