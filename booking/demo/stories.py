"""What there is to look at in the demo: who to be, which page to open, and what waits there now.

Each line is asked of the database, so that none promises what somebody has done already.
"""

from collections.abc import Iterator

from booking.demo import lost_day, people, sooner
from booking.demo.life import stories as life
from booking.identifiers.codes import format_code
from booking.models import Alert, LostClinic, Patient, Referral, SoonerWish
from booking.models.alert import OPEN

JANE, SAMIR, ELLA, DEREK = (people.PATIENTS[number] for number in (0, 1, 5, 6))
GRACE = sooner.PATIENTS[0]
PATIENTS = {
    JANE.code: "an MRI of a knee: questions, places, a time",
    SAMIR.code: "suspected cancer: an alert is open",
    ELLA.code: "an MRI; say yes to a pacemaker, and a person phones",
    DEREK.code: "a bone scan: two visits on one day",
    GRACE.code: "is booked, and would come sooner",
    lost_day.CODES[2]: "is booked on the clinic that is lost",
}
"""What each code that is printed is for; a code that the demo could not make is left out."""


def patients() -> Iterator[str]:
    """Yield a line for each patient whose code is worth typing."""
    found = Referral.objects.filter(code__in=PATIENTS).select_related("patient")
    by_code = {referral.code: referral.patient for referral in found}
    for code, what in PATIENTS.items():
        if code in by_code:
            yield f"code {format_code(code)}   born {_born(by_code[code])}   {what}"


def for_staff(base: str) -> Iterator[str]:
    """Yield a line for each story of the staff: the user name, the page, what waits there."""
    alerts = Alert.objects.filter(state__in=OPEN).exclude(state=Alert.State.BOOKED).count()
    if alerts:
        yield f"imaging  {base}/staff/alerts/   suspected cancer, not booked: {alerts}"
    if clinic := LostClinic.objects.order_by("pk").first():
        state = clinic.get_state_display()
        yield f"lead     {base}/staff/lost/{clinic.pk}/   a lost clinic: {state}"
    wishes = SoonerWish.objects.filter(state=SoonerWish.State.ON).count()
    if wishes:
        yield f"lead     {base}/staff/sooner/   on the list for something sooner: {wishes}"
    yield from life.days(base)
    yield f"clerk    {base}/staff/desk/   type a code, or a name such as: Fell LA14 4LF"


def to_look_up() -> Iterator[str]:
    """Yield a line for each person worth looking up at the desk: as whom, who it is, and why."""
    for role, name, what in life.lines():
        yield f"{role:<8} {name:<26} {what}"


def _born(patient: Patient) -> str:
    born = patient.born
    return f"{born.day} {born.month} {born.year}".ljust(10)
