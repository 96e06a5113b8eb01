"""What booking remembers: one file each."""

from booking.models.appointment import Appointment
from booking.models.audit import AuditEntry
from booking.models.exam import Exam
from booking.models.feed import Feed, FeedKey, FeedLocation
from booking.models.patient import NEEDS, Note, Patient
from booking.models.referral import CodeTries, Referral
from booking.models.slot import EPOCH, Schedule, Slot
from booking.models.staff import CallerHold, Draft, Staff
from booking.models.worklist import WorklistEvent, WorklistRow

__all__ = [
    "EPOCH",
    "NEEDS",
    "Appointment",
    "AuditEntry",
    "CallerHold",
    "CodeTries",
    "Draft",
    "Exam",
    "Feed",
    "FeedKey",
    "FeedLocation",
    "Note",
    "Patient",
    "Referral",
    "Schedule",
    "Slot",
    "Staff",
    "WorklistEvent",
    "WorklistRow",
]
