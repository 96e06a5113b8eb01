"""What booking remembers: one file each."""

from booking.models.appointment import Appointment
from booking.models.audit import AuditEntry
from booking.models.exam import Exam
from booking.models.feed import Feed, FeedKey, FeedLocation
from booking.models.patient import Patient
from booking.models.referral import CodeTries, Referral
from booking.models.reply_code import ReplyCode
from booking.models.slot import EPOCH, Schedule, Slot
from booking.models.worklist import WorklistEvent, WorklistRow

__all__ = [
    "EPOCH",
    "Appointment",
    "AuditEntry",
    "CodeTries",
    "Exam",
    "Feed",
    "FeedKey",
    "FeedLocation",
    "Patient",
    "Referral",
    "ReplyCode",
    "Schedule",
    "Slot",
    "WorklistEvent",
    "WorklistRow",
]
