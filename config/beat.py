"""What runs by itself, and how often: Celery's beat."""

from typing import Any

from celery.schedules import crontab

from config.environment import whole_number


def beat_schedule(sms_seconds: int, alert_seconds: int) -> dict[str, dict[str, Any]]:
    """Return every task that runs by itself; texts and alerts tick every so many seconds.

    Ticks that piled up while no worker ran are one tick: they expire when the next is due.
    """
    return {
        "show that beat and a worker run": {
            "task": "config.health.tasks.heartbeat",
            "schedule": 15.0,
            "options": {"expires": 15},
        },
        "send texts that are due": {
            "task": "notifications.tasks.tick",
            "schedule": float(sms_seconds),
            # Ticks that piled up while no worker ran are one tick.
            "options": {"expires": sms_seconds},
        },
        "find out about doubtful texts": {
            "task": "notifications.tasks.reconcile",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "ask for receipts that never came": {
            "task": "notifications.tasks.receipts",
            "schedule": 15 * 60.0,
            "options": {"expires": 15 * 60},
        },
        "blank old words and numbers": {
            "task": "notifications.tasks.purge",
            "schedule": crontab(hour=3, minute=30),
        },
        "tell trusts of their bookings, ask for late answers": {
            "task": "booking.exchange.writeback.tasks.tick",
            "schedule": float(whole_number("WEBHOOK_TICK_SECONDS", 15)),
        },
        "pull feeds that are due, raise alarms": {
            "task": "booking.exchange.feeds.tasks.tick",
            "schedule": float(whole_number("FEED_TICK_SECONDS", 30)),
        },
        "go on with lost clinics": {
            "task": "booking.offers.lost.tasks.tick",
            "schedule": float(whole_number("LOST_TICK_SECONDS", 15)),
        },
        "prune feed logs": {"task": "booking.exchange.feeds.tasks.prune", "schedule": 3600.0},
        "end offers that are due": {
            "task": "booking.offers.tasks.tick",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "tell who is next of urgent requests": {
            "task": "booking.alerts.tasks.tick",
            "schedule": float(alert_seconds),
            "options": {"expires": alert_seconds},
        },
        "look whether alerts are late or missing": {
            "task": "booking.alerts.tasks.audit",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "phone who was not heard of about a moved stop": {
            "task": "booking.offers.stop_moved.tasks.tick",
            "schedule": 30.0,
            "options": {"expires": 30},
        },
        "seal the audit": {
            "task": "booking.changes.tasks.seal_audit",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "look whether the audit is whole": {
            "task": "booking.changes.tasks.verify_audit",
            "schedule": crontab(hour=4, minute=15),
        },
        "put on the lists what is due": {
            "task": "booking.worklists.tasks.open_due_rows",
            "schedule": 15 * 60.0,
        },
        "ask who would come sooner": {
            "task": "booking.offers.sooner.tasks.tick",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "count what changed for the network's figures": {
            "task": "insights.tasks.keep_figures",
            "schedule": crontab(minute=20),
        },
        "work out how long people travelled": {
            "task": "insights.tasks.fill_in_journeys",
            "schedule": crontab(hour=3, minute=5),
        },
        "look who will have waited too long": {
            "task": "insights.tasks.look_for_breaches",
            "schedule": crontab(minute=35),
        },
        "tell staff of guessed dates of birth": {
            "task": "booking.patients.tasks.tell_of_guesses",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        "forget wrong tries that count no more": {
            "task": "booking.patients.tasks.forget_tries",
            "schedule": crontab(hour=3, minute=40),
        },
        "forget what people did not come back for": {
            "task": "booking.worklists.tasks.forget_drafts",
            "schedule": 60 * 60.0,
        },
    }
