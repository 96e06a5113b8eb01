"""Django's view of this app."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Names the app, and lets booking hear of places, attendance and replies."""

    name = "booking"

    def ready(self) -> None:
        """Let sites and notifications, which may not import us, ask and tell."""
        from booking.alerts import following as alerts_following  # noqa: F401 - receives, too
        from booking.alerts.metrics import Alerts
        from booking.appointments import (
            late,  # noqa: F401 - receives what is booked too late
            places_by_hand,
            safety,  # noqa: F401 - receives what answers ask for
        )
        from booking.changes import sign_ins  # noqa: F401 - receives sign-ins that failed
        from booking.changes.audit_alarm import Audit
        from booking.exams.codes import exam_codes
        from booking.exams.questions import checks as question_checks  # noqa: F401 - registered
        from booking.exchange.feeds import places_changed
        from booking.offers import following  # noqa: F401 - receives what becomes of appointments
        from booking.offers.lost import ends  # noqa: F401 - receives what becomes of people
        from booking.offers.sooner import outcomes  # noqa: F401 - receives how offers end
        from booking.offers.stop_moved import asking  # noqa: F401 - receives where vans stand now
        from booking.patient import text_replies  # noqa: F401 - models can be imported only now
        from booking.patients import checks  # noqa: F401 - registered by being imported
        from booking.referrals import ending  # noqa: F401 - receives what trusts say of attendance
        from booking.restoring import following as restores  # noqa: F401 - receives a restore
        from booking.restoring.metrics import Restores
        from booking.worklists.metrics import LostReferrals
        from notifications import metrics
        from sites import changes

        metrics.collectors += [LostReferrals, Alerts, Audit, Restores]
        changes.reasons_to_keep.append(places_changed.why_keep)
        changes.followers.append(places_changed.follow)
        changes.exam_codes.append(exam_codes)
        changes.files_loaded.append(places_by_hand.follow_file)
