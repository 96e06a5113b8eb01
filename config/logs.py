"""The last net under the rule that no log line names a patient."""

import copy
import logging
import re
from typing import Any

ROW = re.compile(r"DETAIL:.*")
"""PostgreSQL quotes the whole row that broke a rule, in the words of its fault."""
NUMBER = re.compile(r"(?<![\w.])(?:\+|%2B|00)?(?:44|0) ?7[\d ]{8,12}\d")
"""UK mobiles however a library wrote them."""
CODE = re.compile(r"(?<![\w.])/a/.+")
"""The address of a link with a booking code, and the rest of its line: typed codes have spaces. It
is what Django writes of each wrong date of birth."""


NOT_OURS = "django.security."
"""What writes of requests that were refused, like one with a bad Host: no line of ours is at fault,
and anybody can send a thousand."""


class Scrubbed(logging.Formatter):
    """Writes a line without rows of the database, phone numbers or codes, tracebacks included.

    Of a refused request it is one line.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        if record.name.startswith(NOT_OURS):
            record = copy.copy(record)
            record.exc_info = record.exc_text = None
        said = ROW.sub("DETAIL: (left out)", super().format(record))
        return CODE.sub("/a/(code)", NUMBER.sub("(number)", said))


def logging_settings(level: str) -> dict[str, Any]:
    """Return what is logged: each line scrubbed, of libraries only what goes wrong."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "config.logs.Scrubbed",
                "format": "{asctime} {levelname} {name} {message}",
                "style": "{",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Twilio's own INFO lines carry patients' numbers.
            "twilio": {"level": "WARNING"},
            "weasyprint": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            "kombu.connection": {"level": "ERROR"},  # the filesystem broker has no host name
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
