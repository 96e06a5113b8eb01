"""What booking remembers: one file each."""

from booking.models.alert import Alert, AlertEvent, Heartbeat
from booking.models.answer import Answer
from booking.models.appointment import Appointment
from booking.models.attempt import Attempt
from booking.models.audit import AuditAction, AuditEntry
from booking.models.audit_link import AuditLink
from booking.models.call import Call
from booking.models.client import ClientKeySet, UsedAssertion
from booking.models.counter import Counter
from booking.models.exam import Exam, ExamCode
from booking.models.feed import Feed, FeedKey, FeedLocation
from booking.models.feed_log import FeedCall, FeedRefusal, FirstAnswer
from booking.models.freed import FreedSlot
from booking.models.key_tries import KeyTries
from booking.models.legal_hold import LegalHold
from booking.models.limits import SignInTries, Tally
from booking.models.loss import Loss, LostSlot
from booking.models.lost_clinic import FrozenSlot, LostClinic, LostPerson
from booking.models.merge import Merge
from booking.models.name_word import NameWord
from booking.models.needs import ALL_NEEDS, NEEDS, Need, NeedSet
from booking.models.offer import Offer
from booking.models.opening import Opening
from booking.models.part import AppointmentPart
from booking.models.patient import Note, Patient
from booking.models.provider_account import ProviderAccount
from booking.models.question_file import QuestionFile
from booking.models.reach import Contact, OtherPhone
from booking.models.referral import CodeTries, Referral
from booking.models.reply_code import ReplyCode
from booking.models.reserved import ReservedShare
from booking.models.restore import Backup, Restore
from booking.models.rota import Shift
from booking.models.second_factor import RecoveryCode, SecondFactor
from booking.models.slot import EPOCH, FROZEN, OFF_SALE, Schedule, Slot
from booking.models.sooner import SoonerAsk, SoonerWish
from booking.models.staff import CallerHold, Draft, Staff
from booking.models.stop_question import StopQuestion
from booking.models.worklist import WorklistEvent, WorklistRow
from booking.models.writeback import AppointmentChange, Webhook

__all__ = [
    "ALL_NEEDS",
    "EPOCH",
    "FROZEN",
    "NEEDS",
    "OFF_SALE",
    "Alert",
    "AlertEvent",
    "Answer",
    "Appointment",
    "AppointmentChange",
    "AppointmentPart",
    "Attempt",
    "AuditAction",
    "AuditEntry",
    "AuditLink",
    "Backup",
    "Call",
    "CallerHold",
    "ClientKeySet",
    "CodeTries",
    "Contact",
    "Counter",
    "Draft",
    "Exam",
    "ExamCode",
    "Feed",
    "FeedCall",
    "FeedKey",
    "FeedLocation",
    "FeedRefusal",
    "FirstAnswer",
    "FreedSlot",
    "FrozenSlot",
    "Heartbeat",
    "KeyTries",
    "LegalHold",
    "Loss",
    "LostClinic",
    "LostPerson",
    "LostSlot",
    "Merge",
    "NameWord",
    "Need",
    "NeedSet",
    "Note",
    "Offer",
    "Opening",
    "OtherPhone",
    "Patient",
    "ProviderAccount",
    "QuestionFile",
    "RecoveryCode",
    "Referral",
    "ReplyCode",
    "ReservedShare",
    "Restore",
    "Schedule",
    "SecondFactor",
    "Shift",
    "SignInTries",
    "Slot",
    "SoonerAsk",
    "SoonerWish",
    "Staff",
    "StopQuestion",
    "Tally",
    "UsedAssertion",
    "Webhook",
    "WorklistEvent",
    "WorklistRow",
]
