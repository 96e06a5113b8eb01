"""Static files during a deployment, while two releases answer beside each other.

A page of one release names files by that release's hashes (`app.1a2b3c4d5e6f.css`) and may ask the
other for them, which has the file under another hash. It gets the file that is there now, to keep
for a minute: unstyled pages with dead buttons would be worse than a colour of tomorrow.
"""

import re

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

HASH = re.compile(r"\.[0-9a-f]{12}(?=\.\w+$)")
"""What Django puts before the ending of a file's name."""


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise that knows other releases' names of its files."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve a file, or let somebody else answer."""
        path = request.path_info
        if path.startswith(self.static_prefix) and path not in self.files:
            found = self.files.get(HASH.sub("", path)) if HASH.search(path) else None
            if found is not None:
                answer: HttpResponseBase = self.serve(found, request)
                return answer
        other: HttpResponseBase = super().__call__(request)
        return other
