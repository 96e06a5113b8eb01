"""Commands of libraries that would change or give away what the audit must have, past it."""

from collections.abc import Sequence

ACCOUNT = "use the account's page, or make another administrator: manage.py create_staff"
BACKUP = "back the database up with its own tools"
REFUSED = {
    "changepassword": ACCOUNT,
    "createsuperuser": ACCOUNT,
    "addstatictoken": ACCOUNT,
    "createapplication": "use manage.py create_feed_key --oauth",
    "dumpdata": BACKUP,
    "loaddata": BACKUP,
    "flush": BACKUP,
}
"""By command, what to do instead. Ours write down what they do; these would not."""


def refusal_of(arguments: Sequence[str]) -> str:
    """Return why a command line of manage.py does not run; empty if it does."""
    name = arguments[1] if len(arguments) > 1 else ""
    if name not in REFUSED:
        return ""
    return f"{name} would not stand in the audit. Instead, {REFUSED[name]}."
