"""Who saw or changed what about whom."""

from enum import StrEnum

from django.db import models

from booking.models.scope import ScopedQuerySet


class AuditAction(StrEnum):
    """What was done, as an entry keeps it. Never renamed: old entries cannot be changed."""

    VIEWED = "viewed"
    LISTED = "listed"
    READ = "read"
    OPENED_WITH_REASON = "opened with a reason"
    OPENING_ASKED = "asked to open"
    OPENING_ALLOWED = "opening allowed"
    OPENING_REFUSED = "opening refused"
    TEXTS_SEEN = "texts seen"
    REFERRED = "referred"
    ADDED_TO = "added to by a referral"
    URGENCY_CHANGED = "urgency changed"
    EXAM_CHANGED = "exam changed"
    ENDED = "ended"
    REOPENED = "reopened"
    DIED = "died"
    NOT_DIED = "not died"
    NUMBER_CHANGED = "trust's number changed"
    MOBILE_CORRECTED = "mobile corrected"
    REACH_CHANGED = "ways to reach changed"
    NEEDS_CHANGED = "needs changed"
    MERGED = "joined with another record"
    UNMERGED = "taken apart again"
    NOTE_ADDED = "note added"
    DETAILS_TEXTED = "details texted"
    TEXT_SEEN = "text seen"
    TEXT_SENT_AGAIN = "text sent again"
    PHONE_LIST = "phone list taken"
    DAY_LIST = "day list taken"
    LETTER_SHOWN = "letter shown to print"
    CALL_CHECKED = "caller checked"
    CALL_ENDED = "call ended"
    EXAMS_PUBLISHED = "exams published"
    QUESTIONS_PUBLISHED = "questions published"
    EXPORTED = "table taken as a file"
    ERASED = "personal data erased"
    LEGAL_HOLD_SET = "legal hold set"
    LEGAL_HOLD_LIFTED = "legal hold lifted"
    SAID_YES = "said yes by text"
    ANSWERED = "question answered"
    ANSWERS_SEEN = "answers seen"
    ANSWER_OVERRIDDEN = "answer overridden"
    HELD = "held"
    RELEASED = "released"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    DISPLACED = "displaced"
    PLACE_CHANGED = "place renamed"
    REFUSED = "refused"
    CONFIRMED = "confirmed"
    ATTENDED = "attended"
    DID_NOT_ATTEND = "did_not_attend"
    UNDONE = "undone"
    SOONER_ON = "sooner list joined"
    SOONER_CHANGED = "sooner list wish changed"
    SOONER_OFF = "sooner list left"
    SOONER_PAUSED = "sooner list paused"
    OFFERED = "offered another time"
    OFFER_ANSWERED = "offer answered"
    OFFER_ENDED = "offer ended"
    UNLOCKED = "account unlocked"
    ACCOUNT_MADE = "account made"
    ACCOUNT_CHANGED = "account changed"
    ROLE_CHANGED = "role or trusts changed"
    ACCOUNT_OFF = "account switched off"
    ACCOUNT_ON = "account switched on"
    PASSWORD_GIVEN = "first password given"
    SECOND_FACTOR_FORGOTTEN = "second factor forgotten"
    PROVIDER_LINKED = "trust's sign-in linked"
    PROVIDER_FORGOTTEN = "trust's sign-in forgotten"
    SECOND_FACTOR_SET = "second factor set up"
    RECOVERY_CODES_MADE = "recovery codes made"
    PASSWORD_CHANGED = "password changed"
    SIGNED_IN = "signed in"
    SIGNED_OUT_EVERYWHERE = "signed out everywhere"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    LOSS_RELEASED = "feed let go ahead"
    LOSS_KEPT = "feed's times kept"
    FEED_SET = "feed set"
    FEED_READ_NOW = "feed read now"
    WEBHOOK_SET = "webhook set"
    WEBHOOK_STOPPED = "webhook stopped"
    CLINIC_LOST = "clinic lost"
    CLINIC_CONFIRMED = "lost clinic confirmed"
    CLINIC_CHANGED = "lost clinic changed"
    CLINIC_BACK = "lost clinic is back"
    ALERT_RAISED = "alert raised"
    ALERT_ACKNOWLEDGED = "alert acknowledged"
    ALERT_REOPENED = "alert open again"
    ALERT_CLOSED = "alert closed"
    STAFF_PHONE_SET = "mobile of staff set"
    SHIFT_SET = "rota shift set"
    SHIFT_REMOVED = "rota shift removed"
    RESERVED_SET = "reserved times set"
    PLACES_SET = "place or scanner set"
    KEY_MADE = "feed key made"
    KEY_REVOKED = "feed key revoked"
    TARGET_SET = "target set"
    TARGET_TAKEN_AWAY = "target taken away"
    REBASED = "figures re-based"
    REBASE_TAKEN_AWAY = "re-base taken away"
    SUCCESSOR_SET = "trust's successor set"
    FENCE_RAISED = "send-fence raised"
    FENCE_SENT = "sent from behind the fence"
    FENCE_DROPPED = "dropped behind the fence"
    FENCE_LIFTED = "send-fence lifted"


class AuditEntry(models.Model):
    """One act, written in the act's own transaction. A database trigger forbids any change.

    `actor` names a kind and a key, never a person: "patient", "feed RXL", "staff 12". Write it
    with booking.changes.audit.write, which knows whose patient it is about.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    patient = models.ForeignKey("booking.Patient", models.PROTECT, null=True, db_index=False)
    referral = models.ForeignKey("booking.Referral", models.PROTECT, null=True)
    appointment = models.ForeignKey("booking.Appointment", models.PROTECT, null=True)
    detail = models.JSONField(default=dict)

    trust_paths = ("patient__referrals__trust",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["patient", "at"], name="audit_by_patient"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
            models.Index(fields=["action", "at"], name="audit_by_action"),
        ]
