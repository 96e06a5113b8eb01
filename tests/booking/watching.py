"""A browser whose every address is written down, and what else leaves the process by its side."""

import re
from contextlib import suppress
from html import unescape
from urllib.parse import unquote_plus

from celery.signals import before_task_publish
from django.core.cache.backends.base import BaseCache
from django.urls import Resolver404, resolve

from tests.booking.patient.conftest import Browser

LINK = re.compile(r'(?:href|src|action|data-hx-\w+)="([^"]*)"')
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.S)
LEADS_NOWHERE = ("tel:", "sms:", "mailto:", "data:", "#")
"""What is dialled or written to, by the person's own phone, or stands in the page itself."""
HEADERS = ("Location", "HX-Redirect", "HX-Push-Url", "HX-Location", "Content-Disposition", "ETag")


class Watching(Browser):
    """Writes down what it asks, and each address and title that it is answered."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.addresses, self.doors = [], set()

    def generic(self, method, path, *args, **kwargs):
        answer = super().generic(method, path, *args, **kwargs)
        asked = answer.request
        self.addresses.append(f"{asked['PATH_INFO']}?{asked.get('QUERY_STRING', '')}")
        self.addresses += addresses_of(answer)
        with suppress(Resolver404):
            self.doors.add((resolve(asked["PATH_INFO"]).url_name, method))
        return answer


def addresses_of(answer):
    """Return every address that an answer carries, and its title: a browser's history keeps it."""
    found = [answer[name] for name in HEADERS if name in answer]
    if answer.get("Content-Type", "").startswith("text/html"):
        page = answer.content.decode()
        found += [unescape(one) for one in LINK.findall(page)]
        found += [unescape(one) for one in TITLE.findall(page)]
    return [one for one in found if not one.startswith(LEADS_NOWHERE)]


def signs(said):
    """Return letters and digits alone, however they were written or escaped."""
    return "".join(sign for sign in unquote_plus(str(said)).lower() if sign.isalnum())


def found_in(said, personal):
    """Return which of the values stand in what was said, each with where."""
    return [(value, one) for one in said for value in personal if signs(value) in signs(one)]


class Keys:
    """Every key that a cache is asked for, and every argument of a task, from now on."""

    def __init__(self, monkeypatch):
        self.keys, self.tasks = [], []
        make = BaseCache.make_key

        def kept(cache, key, *args, **kwargs):
            self.keys.append(key)
            return make(cache, key, *args, **kwargs)

        monkeypatch.setattr(BaseCache, "make_key", kept)
        before_task_publish.connect(self._publish)

    def _publish(self, body=None, headers=None, **_kwargs):
        self.tasks.append(f"{body!r} {headers!r}")

    def stop(self):
        before_task_publish.disconnect(self._publish)
