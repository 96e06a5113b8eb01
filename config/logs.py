"""How log lines are written: no patient in them, the id of a request, UTC, and no forged line.

structlog writes them: as JSON (LOG_FORMAT=json, production's) or for people to read (line). Each
text of a line is scrubbed first: the last net under the rule that no log line names a patient.
"""

import logging
import re
from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

ROW = re.compile(r"DETAIL:.*")
"""PostgreSQL quotes the whole row that broke a rule, in the words of its fault."""
NUMBER = re.compile(r"(?<![\w.])(?:\+|%2B|00)?(?:44|0) ?7[\d ]{8,12}\d")
"""UK mobiles however a library wrote them."""
CODE = re.compile(r"(?<![\w.])/a/.+")
"""The address of a link with a booking code, and the rest of its line: typed codes have spaces. It
is what Django writes of each wrong date of birth."""
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a terminal, or whatever reads a log, may take for the end of a line or an order."""

NOT_OURS = "django.security."
"""What writes of requests that were refused, like one with a bad Host: no line of ours is at fault,
and anybody can send a thousand."""
INDENT = "    "
"""Before each line of a traceback: none begins as an entry does."""


def scrub(said: str) -> str:
    """Return a text without rows of the database, phone numbers or codes."""
    said = ROW.sub("DETAIL: (left out)", said)
    return CODE.sub("/a/(code)", NUMBER.sub("(number)", said))


class Lines(structlog.stdlib.ProcessorFormatter):
    """Writes each entry, of ours and of libraries, as JSON or for people; of a refusal one line."""

    def __init__(self, *, is_json: bool) -> None:
        last = structlog.processors.JSONRenderer() if is_json else _as_line
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
            ],
            processors=[
                _moment,
                _one_line_of_refusals,
                structlog.processors.format_exc_info,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _scrubbed,
                last,
            ],
        )


def _moment(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Say when it happened, which is not when it is written: in UTC, with its offset."""
    record: logging.LogRecord = entry["_record"]
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return {"at": at, **entry}


def _one_line_of_refusals(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    if entry["logger"].startswith(NOT_OURS):
        entry.pop("exc_info", None)
    return entry


def _scrubbed(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    return {name: scrub(str(value)) for name, value in entry.items()}


def _as_line(_logger: WrappedLogger, _method: str, entry: EventDict) -> str:
    """Return an entry for people: whatever came in with it stays in its line."""
    fault = entry.get("exception", "")
    words = [entry["at"], entry["level"].upper(), entry["logger"]]
    words += [f"[{entry['request']}]"] if entry.get("request") else []
    said = " ".join([*words, _visible(entry["event"])])
    return "\n".join([said, *(INDENT + _visible(one) for one in fault.splitlines())])


def _visible(said: str) -> str:
    return CONTROL.sub(lambda sign: sign[0].encode("unicode_escape").decode(), said)


def logging_settings(level: str, form: str = "line") -> dict[str, Any]:
    """Return what is logged, as "json" or "line": each entry scrubbed, of libraries only faults."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "config.logs.Lines", "is_json": form == "json"}},
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
