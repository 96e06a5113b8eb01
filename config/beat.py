"""What runs by itself, and how often: Celery's beat."""

from typing import Any

from celery.schedules import crontab

from config.environment import whole_number


def beat_schedule(sms_seconds: int, alert_seconds: int) -> dict[str, dict[str, Any]]:
    """Return every task that runs by itself; texts and alerts tick every so many seconds.

    What goes by the clock on the wall is done however late a worker comes.
    """
    return {
        "show that beat and a worker run": _every(15, "config.health.tasks.heartbeat"),
        "learn how full the tables are": {
            "task": "config.health.tasks.learn_sizes",
            "schedule": crontab(minute=50),
        },
        "send texts that are due": _every(sms_seconds, "notifications.tasks.tick"),
        "find out about doubtful texts": _every(60, "notifications.tasks.reconcile"),
        "ask for receipts that never came": _every(15 * 60, "notifications.tasks.receipts"),
        "blank old words and numbers": {
            "task": "notifications.tasks.purge",
            "schedule": crontab(hour=3, minute=30),
        },
        "tell trusts of their bookings, ask for late answers": _every(
            whole_number("WEBHOOK_TICK_SECONDS", 15, least=1),
            "booking.exchange.writeback.tasks.tick",
        ),
        "pull feeds that are due, raise alarms": _every(
            whole_number("FEED_TICK_SECONDS", 30, least=1), "booking.exchange.feeds.tasks.tick"
        ),
        "go on with lost clinics": _every(
            whole_number("LOST_TICK_SECONDS", 15, least=1), "booking.offers.lost.tasks.tick"
        ),
        "prune feed logs": _every(3600, "booking.exchange.feeds.tasks.prune"),
        "end offers that are due": _every(30, "booking.offers.tasks.tick"),
        "tell who is next of urgent requests": _every(alert_seconds, "booking.alerts.tasks.tick"),
        "look whether alerts are late or missing": _every(60, "booking.alerts.tasks.audit"),
        "phone who was not heard of about a moved stop": _every(
            30, "booking.offers.stop_moved.tasks.tick"
        ),
        "seal the audit": _every(60, "booking.changes.tasks.seal_audit"),
        "look whether the audit is whole": {
            "task": "booking.changes.tasks.verify_audit",
            "schedule": crontab(hour=4, minute=15),
        },
        "put on the lists what is due": _every(15 * 60, "booking.worklists.tasks.open_due_rows"),
        "ask who would come sooner": _every(60, "booking.offers.sooner.tasks.tick"),
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
        "tell staff of guessed dates of birth": _every(
            60, "booking.patients.tasks.tell_of_guesses"
        ),
        "forget wrong tries that count no more": {
            "task": "booking.patients.tasks.forget_tries",
            "schedule": crontab(hour=3, minute=40),
        },
        "erase what need not be kept": {
            "task": "booking.patients.tasks.purge",
            "schedule": crontab(hour=2, minute=40),
        },
        "forget what people did not come back for": _every(
            60 * 60, "booking.worklists.tasks.forget_drafts"
        ),
    }


def _every(seconds: int, task: str) -> dict[str, Any]:
    """Ticks that piled up while no worker ran are one tick: each expires when the next is due."""
    return {"task": task, "schedule": float(seconds), "options": {"expires": seconds}}
