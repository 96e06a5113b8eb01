"""Our rows as FHIR R4 resources: what we publish, answer and push.

Ids are our own, except an Appointment's, which is the reference that patients have too. Shapes:
SMART Scheduling Links for Location, Schedule and Slot; BaRS for Appointment.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from booking.appointments.why_off import BY_MISTAKE, EXAM_CHANGED, FOR_THE_PATIENT, By, Off
from booking.exchange import fhir_needs, fhir_questions
from booking.exchange.fhir_systems import (
    CANCELLED_BY,
    DICOM,
    HL7_SERVICE,
    NHS_NUMBER,
    ODS_SITE,
    ODS_TRUST,
    OUR_REFERRAL,
    OUR_SITE,
    SMART,
    TRUSTS_SLOT,
)
from booking.models import Appointment, Referral, Schedule, Slot
from sites.models import MODALITIES
from sites.places import Place

Resource = dict[str, Any]

HL7_SERVICE_CODES = {
    "CT": ("209", "Diag. Radiology /Xray /CT /Fluoroscopy"),
    "DX": ("209", "Diag. Radiology /Xray /CT /Fluoroscopy"),
    "BMD": ("209", "Diag. Radiology /Xray /CT /Fluoroscopy"),
    "US": ("210", "Diagnostic Ultrasound"),
    "MR": ("211", "Magnetic Resonance Imaging (MRI)"),
    "NM": ("212", "Nuclear Medicine"),
}
"""HL7's code for each modality; it has none for bone density, which is an X-ray."""

_STATUS = {
    Appointment.Status.PENDING: "pending",
    Appointment.Status.BOOKED: "booked",
    Appointment.Status.DISPLACED: "cancelled",
    Appointment.Status.CANCELLED: "cancelled",
    Appointment.Status.ATTENDED: "fulfilled",
    Appointment.Status.DID_NOT_ATTEND: "noshow",
}

_WHY_CANCELLED = {
    FOR_THE_PATIENT: ("pat",),
    "cannot_come": ("pat",),
    "unwell": ("pat",),
    Referral.End.NOT_WANTED: ("pat",),
    Referral.End.DIED: ("pat-dec",),
    Referral.End.WITHDRAWN: ("other", "The referrer withdrew the request."),
    Referral.End.ELSEWHERE: ("other", "The patient was scanned somewhere else."),
    Referral.End.DUPLICATE: ("other", "The request was sent twice or by mistake."),
    Referral.End.SENT_BACK: ("other", "The request was sent back to the referrer."),
    EXAM_CHANGED: ("other", "The exam was changed, and this time does not suit it."),
    BY_MISTAKE: ("oth-err", "It was booked by mistake."),
}
"""HL7's code for each reason, and words where the code says too little."""


def instant(moment: datetime) -> str:
    """Return a FHIR instant, with an offset, to the microsecond where there is one."""
    return moment.isoformat()


def service_type(modality: str) -> list[Resource]:
    """Return a serviceType of two codings: HL7's and DICOM's."""
    code, display = HL7_SERVICE_CODES[modality]
    return [
        {
            "coding": [
                {"system": HL7_SERVICE, "code": code, "display": display},
                {"system": DICOM, "code": modality, "display": MODALITIES[modality]},
            ]
        }
    ]


def location(place: Place) -> Resource:
    """Return a place as a Location: the phone is the network's own booking line."""
    lines = [line.strip() for line in place.address.split(",") if line.strip()]
    identifiers = [{"system": OUR_SITE, "value": place.slug}]
    if place.ods_code:
        identifiers.insert(0, {"system": ODS_SITE, "value": place.ods_code})
    address = {
        "line": lines[:-1] or lines,
        "city": lines[-1] if lines else "",
        "state": "GB-ENG",
        "postalCode": place.postcode,
        "country": "GB",
    }
    return {
        "resourceType": "Location",
        "id": str(place.id),
        "identifier": identifiers,
        "name": place.name,
        "telecom": [
            {"system": "phone", "value": settings.HELP_PHONE},
            {"system": "url", "value": f"{settings.PUBLIC_BASE_URL}/"},
        ],
        "address": {name: value for name, value in address.items() if value},
        "position": {"longitude": place.lon, "latitude": place.lat},
        "managingOrganization": {
            "identifier": {"system": ODS_TRUST, "value": place.trust},
            "display": place.trust_name,
        },
    }


def schedule_id(pk: int, site_id: int, home_id: int | None) -> str:
    """Return the id of the Schedule that a slot at a site is published under.

    A FHIR Schedule is at one Location, a mobile scanner's slots are at many: it is published
    once for each. `home_id` is Schedule.site of a mobile scanner's, None of a fixed one's.
    """
    return str(pk) if home_id in (None, site_id) else f"{pk}-{site_id}"


def schedule(row: Schedule, site_id: int) -> Resource:
    """Return a Schedule as it is published for one site: a fixed one only for its own."""
    home_id, at = (row.site_id, site_id) if row.scanner_id else (None, row.site_id)
    return {
        "resourceType": "Schedule",
        "id": schedule_id(row.pk, at, home_id),
        "serviceType": service_type(row.modality),
        "actor": [{"reference": f"Location/{at}"}],
    }


def slot(pk: str, schedule_id: str, start: str, end: str, free: bool) -> Resource:
    """Return one place of one time as a Slot, with the way to book it; what it says is text.

    Nobody can begin to book one that is busy: it has no link. No slot-capacity: that is for who
    writes several places as one Slot.
    """
    link = {
        "url": f"{SMART}/booking-deep-link",
        "valueUrl": f"{settings.PUBLIC_BASE_URL}/slot/{pk}/",
    }
    phone = {"url": f"{SMART}/booking-phone", "valueString": settings.HELP_PHONE}
    return {
        "resourceType": "Slot",
        "id": pk,
        "schedule": {"reference": f"Schedule/{schedule_id}"},
        "status": "free" if free else "busy",
        "start": start,
        "end": end,
        "extension": [link, phone] if free else [phone],
    }


def appointment(
    made: Appointment,
    *,
    reader: str,
    slot: Slot,
    off: Off | None = None,
    changed_at: datetime | None = None,
) -> Resource:
    """Return an appointment as the trust `reader` (ODS code) may see it.

    `off` is who took it off and why, as `why_off` says it.

    `slot` is the reader's own: where the patient has moved to another trust's, the appointment
    is cancelled for this reader, and says nothing of where it is now, nor what the patient needs.
    Of an appointment of several slots all are listed, in the order of their times; `end` is when
    the last one ends. Only the trust that referred the patient sees of which request it is. The
    booking code is the patient's alone.
    """
    over = slot.pk != made.slot_id
    status = "cancelled" if over else _STATUS[Appointment.Status(made.status)]
    answered = {"pending": "needs-action", "cancelled": "declined"}.get(status, "accepted")
    exam = made.referral.exam
    flags = [] if over else fhir_needs.flags(made.referral.patient)
    found: Resource = {
        "resourceType": "Appointment",
        "id": made.reference,
        "meta": {
            "versionId": str(made.version),
            "lastUpdated": instant(changed_at or made.changed_at),
        },
        "contained": [_patient(made), *flags],
        "status": status,
        "serviceType": service_type(exam.modality),
        "description": f"{MODALITIES[exam.modality]}: {exam.body_part}",
        "start": instant(slot.start if over else made.start),
        "end": instant(slot.end if over else made.last_end),
        "created": instant(made.booked_at),
        "slot": [_slot_of(slot), *([] if over else map(_slot_of, _further(made)))],
        "participant": [
            {"actor": {"reference": "#patient"}, "status": "accepted"},
            {
                "actor": {"reference": f"Location/{slot.site_id if over else made.site_id}"},
                "status": answered,
            },
        ],
    }
    supporting = [{"reference": f"#{one['id']}"} for one in flags]
    if not over and fhir_questions.is_asked_anything(made.referral, now=timezone.now()):
        reference = f"QuestionnaireResponse/{made.referral_id}"
        supporting.append({"reference": reference, "type": "QuestionnaireResponse"})
    if supporting:
        found["supportingInformation"] = supporting
    if status == "cancelled":
        found["cancelationReason"] = _why_cancelled(off, over)
    if made.referral.trust_id == reader:
        found["basedOn"] = [_request(made.referral)]
    return found


def _further(made: Appointment) -> list[Slot]:
    return [part.slot for part in made.further()]


def _slot_of(slot: Slot) -> Resource:
    return {
        "reference": f"Slot/{slot.pk}",
        "identifier": {"system": TRUSTS_SLOT + slot.trust_id, "value": slot.external_id},
    }


def _request(referral: Referral) -> Resource:
    found = {"reference": f"ServiceRequest/{referral.pk}", "type": "ServiceRequest"}
    own = {"system": f"{OUR_REFERRAL}:{referral.trust_id}", "value": referral.identifier}
    return {**found, "identifier": own} if referral.identifier else found


def _patient(made: Appointment) -> Resource:
    patient = made.referral.patient
    found: Resource = {
        "resourceType": "Patient",
        "id": "patient",
        "name": [{"family": patient.family_name, "given": [patient.given_name]}],
        "birthDate": patient.born.isoformat(),
    }
    if patient.nhs_number:
        found["identifier"] = [{"system": NHS_NUMBER, "value": patient.nhs_number}]
    if patient.mobile:
        found["telecom"] = [{"system": "phone", "use": "mobile", "value": patient.mobile}]
    return found


def _why_cancelled(off: Off | None, over: bool) -> Resource:
    """Return who cancelled, in HL7's codes, and in words where those say too little."""
    if over:
        return _cancelled("pat", "The patient chose a time at another trust.")
    if off is None:
        return _cancelled("other")
    if off.why in _WHY_CANCELLED:
        return _cancelled(*_WHY_CANCELLED[off.why])
    if off.by == By.HOSPITAL:
        return _cancelled("prov")
    if off.by == By.REFERRER:
        return _cancelled("other", "The trust that referred the patient cancelled it.")
    return _cancelled("pat" if off.by == By.PATIENT else "other")


def _cancelled(code: str, text: str = "") -> Resource:
    coding = [{"system": CANCELLED_BY, "code": code}]
    return {"coding": coding, **({"text": text} if text else {})}


def bundle(
    found: list[Resource],
    included: list[Resource],
    *,
    total: int | None,
    links: dict[str, str],
) -> Resource:
    """Return a searchset of matches and of what they refer to; `links` by relation.

    `total` counts the matches of all pages, without what they refer to; None: nobody
    counted them. FHIR has no empty lists: without anything there is no `entry`.
    """
    base = f"{settings.PUBLIC_BASE_URL}/fhir/R4"
    named = [(one, "match") for one in found] + [(one, "include") for one in included]
    entries = [
        {
            "fullUrl": f"{base}/{one['resourceType']}/{one['id']}",
            "resource": one,
            "search": {"mode": mode},
        }
        for one, mode in named
    ]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        **({} if total is None else {"total": total}),
        "link": [{"relation": name, "url": url} for name, url in links.items()],
        **({"entry": entries} if entries else {}),
    }
