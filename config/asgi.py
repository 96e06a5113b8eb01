"""What granian serves: Django behind a door that reads each request whole first."""

import resource

from django.conf import settings

from config.bodies import Limits
from config.bridge import Bridge
from config.wsgi import application as django
from sites import watch

SOCKETS = 20_000
"""Files and sockets that this process may hold, if the system lets it: more than granian asks."""

_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if _soft != resource.RLIM_INFINITY and _soft < SOCKETS:
    _may = SOCKETS if _hard == resource.RLIM_INFINITY else min(_hard, SOCKETS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_may, _hard))

watch.warm_up()  # before the first request is taken
watch.start()

application = Bridge(
    django,
    threads=settings.WEB_THREADS,
    limits=Limits(
        seconds=settings.BODY_SECONDS,
        small=settings.BODY_MAX_BYTES,
        large=settings.IMPORT_MAX_BODY_BYTES,
        large_at=("/fhir/",),
        folder=settings.VAR_DIR,
    ),
)
