"""Every setting, from the environment, with defaults for a demo on one machine.

MODE=production turns the demo's defaults off and refuses to start when one of them is left
(config.environment.refuse_unsafe_production). The table of variables is in README.md.
"""

import os
import sys
from pathlib import Path

from config.beat import beat_schedule
from config.broker import broker
from config.database import databases
from config.environment import (
    DEMO_SECRET_KEY,
    comma_list,
    field_keys,
    flag,
    host_of,
    hours_by_day,
    networks,
    numbers_by_name,
    one_of,
    only_makes_a_key,
    own_file,
    own_server,
    refuse_unsafe_production,
    whole_number,
    whole_numbers,
)
from config.logs import logging_settings
from config.secret_files import read_secret_files

read_secret_files()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var")).resolve()

MODE = one_of("MODE", ("demo", "production"))
PRODUCTION = MODE == "production"
DEBUG = flag("DEBUG")
PORT = whole_number("PORT", 8000)
PUBLIC_BASE_URL = os.environ.get("PUBLIC_BASE_URL", f"http://localhost:{PORT}").rstrip("/")
SECRET_KEY = os.environ.get("SECRET_KEY", DEMO_SECRET_KEY)
# What encrypts columns of the database, the newest first, and whether it does (docs/privacy.md).
FIELD_KEYS = field_keys("FIELD_KEYS", SECRET_KEY)
SEAL_FIELDS = flag("SEAL_FIELDS", default=True)
ALLOWED_HOSTS = comma_list("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL] if host_of(PUBLIC_BASE_URL) else []
# Whose word counts about whom a request is from (config/proxies.py).
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "mozilla_django_oidc",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "oauth2_provider",
    "sites",
    "notifications",
    "booking",
    "insights",
    "config",
]

MIDDLEWARE = [
    "config.probes.answer_probes",
    "config.middleware.trace_requests",
    "config.proxies.believe_own_proxies",
    "config.plain_http.refuse_machines",
    "django.middleware.security.SecurityMiddleware",
    "config.static.StaticFiles",
    # Everything over 200 bytes, pages too. BREACH reads a secret off the size of pages that repeat
    # what a stranger chose: Django masks the token of forms anew in each page and pads each answer
    # by up to 100 random bytes, and SameSite cookies make a stranger's requests nobody's.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.unread.refuse_unread",
    "config.unfit.refuse_unfit_text",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "booking.clerk.idle.end_idle_sessions",
    "booking.patient.idle.end_idle_patients",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.private_pages",
    "config.answers.whole_pages",
    "config.answers.no_bare_refusals",
    "config.doors.LimitDoors",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "config.jinja.environment"},
    },
    {  # what libraries bring is written for these
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

# --- database -------------------------------------------------------------------------------
DATABASES, DATABASE_ROLE = databases(VAR_DIR, sys.argv)
BACKUP_DIR = Path(os.environ.get("BACKUP_DIR", VAR_DIR / "backups")).resolve()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- time and language ----------------------------------------------------------------------
TIME_ZONE = "Europe/London"
USE_TZ = True
LANGUAGE_CODE = "en-gb"
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- static files ---------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", VAR_DIR / "static")).resolve()
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- what a browser may do ------------------------------------------------------------------
# The hash is of the one inline script that nhsuk/template.jinja writes (it marks that
# JavaScript runs); tests/booking/pages/test_pages.py recomputes it.
TEMPLATE_SCRIPT_HASH = "'sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0='"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", TEMPLATE_SCRIPT_HASH],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_HOST = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_HOST}finder", f"{_HOST}csrftoken"
# The cookie ends with the browser: the next person at a shared computer is not signed in. Browsers
# that open last time's pages again keep it, so the session itself ends too: staff are away
# STAFF_IDLE_MINUTES at most (booking/clerk/idle.py), what shows a patient PATIENT_IDLE_MINUTES
# (booking/patient/idle.py); what is not personal is kept 20 hours.
SESSION_ENGINE = "config.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 20 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# What the next page says is kept with the session: it may name a referral, so not in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # with the browser, too
CSRF_FAILURE_VIEW = "booking.patient.errors.csrf_failure"
LOGIN_URL = "staff-sign-in"
LOGIN_REDIRECT_URL = "staff"
LOGOUT_REDIRECT_URL = "staff-sign-in"
# By it strangers' wrong passwords keep nobody out of their own browser (booking/clerk/devices.py).
DEVICE_COOKIE_NAME = f"{_HOST}finder-device"
DEVICE_COOKIE_DAYS = 180
STAFF_IDLE_MINUTES = whole_number("STAFF_IDLE_MINUTES", 15)
STAFF_SESSION_HOURS = whole_number("STAFF_SESSION_HOURS", 12)
SIGN_IN_AGAIN_MINUTES = whole_number("SIGN_IN_AGAIN_MINUTES", 10)
FIRST_PASSWORD_DAYS = whole_number("FIRST_PASSWORD_DAYS", 7)
PATIENT_IDLE_MINUTES = whole_number("PATIENT_IDLE_MINUTES", 30)
AUTHENTICATION_BACKENDS = ["booking.clerk.accounts.Backend"]
# --- limits of use (booking/limits); 0: none -------------------------------------------------
# Passwords that one process hashes in a minute for browsers that it does not know, each half a
# second of a processor: a quarter of one.
SIGN_INS_A_MINUTE = whole_number("SIGN_INS_A_MINUTE", 30)
# What one address may do in a minute where no key is asked for. Many share one: the customers of a
# mobile network, the staff of a hospital.
OPEN_CALLS_A_MINUTE = whole_number("OPEN_CALLS_A_MINUTE", 120)
OPEN_PAGES_A_MINUTE = whole_number("OPEN_PAGES_A_MINUTE", 120)
# Texts about bookings that one number is sent in an hour; what is more waits its turn.
TEXTS_AN_HOUR = whole_number("TEXTS_AN_HOUR", 6)
OTP_TOTP_ISSUER = "Book your scan"
# A trust's own sign-in (OpenID Connect), if it is set.
OIDC_RP_CLIENT_ID = os.environ.get("OIDC_CLIENT_ID", "")
OIDC_RP_CLIENT_SECRET = os.environ.get("OIDC_CLIENT_SECRET", "")
OIDC_ISSUER = os.environ.get("OIDC_ISSUER", "")
# Some providers (Entra ID) never say that an address is verified: a trust whose own provider gives
# its staff their addresses, and lets nobody choose one, says so here.
OIDC_VOUCHES_FOR_EMAIL = flag("OIDC_VOUCHES_FOR_EMAIL")
OIDC_OP_AUTHORIZATION_ENDPOINT = os.environ.get("OIDC_AUTHORIZATION_ENDPOINT", "")
OIDC_OP_TOKEN_ENDPOINT = os.environ.get("OIDC_TOKEN_ENDPOINT", "")
OIDC_OP_USER_ENDPOINT = os.environ.get("OIDC_USER_ENDPOINT", "")
OIDC_OP_JWKS_ENDPOINT = os.environ.get("OIDC_JWKS_ENDPOINT", "")
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid email"
OIDC_CREATE_USER = False  # an account and its role are made here, never by signing in
OIDC_USE_PKCE = True
OIDC_TIMEOUT = 5
OIDC_CALLBACK_CLASS = "booking.clerk.oidc.Callback"
LOGIN_REDIRECT_URL_FAILURE = "/staff/sign-in/?refused=1"
if OIDC_RP_CLIENT_ID:
    AUTHENTICATION_BACKENDS.append("booking.clerk.oidc.Backend")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "booking.clerk.passwords.NoNameInIt"},
    {"NAME": "booking.clerk.passwords.NotOfOurWords"},
    {"NAME": "booking.clerk.breached.NotBreached"},
]
BREACHED_PASSWORDS_FILE = own_file("BREACHED_PASSWORDS_FILE")
HSTS_PRELOAD = flag("HSTS_PRELOAD")
PROGRAMS_CALL = r"^(?:fhir|oauth2|api/v1|sms)(?:/|$)"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [PROGRAMS_CALL]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # Browsers keep who is on their list for years, so a network says so itself.
    SECURE_HSTS_PRELOAD = HSTS_PRELOAD
    if not HSTS_PRELOAD:
        SILENCED_SYSTEM_CHECKS = ["security.W021"]

# --- API ------------------------------------------------------------------------------------
# Closed unless a view says that it is open (booking/api/open_view.py): what comes without a
# trust's key or token is 401, and views answer of the key's own trust alone.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["booking.api.authentication.TrustKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["booking.api.authentication.HasTrustKey"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Scan booking and location finder",
    "DESCRIPTION": "Places that can scan, with their free times; and the trusts' slots API.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],  # the description is open to all
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "booking.api.schema.restore_operation_names",
    ],
}
IMPORT_MAX_BODY_BYTES = whole_number("IMPORT_MAX_BODY_BYTES", 256 * 1024 * 1024)
# What all other addresses take, forms and files that staff send; after how many seconds without a
# byte a body is not waited for (config/bodies.py); and how many requests a web process works on.
BODY_MAX_BYTES = whole_number("BODY_MAX_BYTES", 32 * 1024 * 1024)
BODY_SECONDS = whole_number("BODY_SECONDS", 20, least=1)
WEB_THREADS = whole_number("WEB_THREADS", 4, least=1)
API_CALLS_A_MINUTE = whole_number("API_CALLS_A_MINUTE", 600)
CLIENT_CERTIFICATE_HEADER = os.environ.get("CLIENT_CERTIFICATE_HEADER", "")
OAUTH2_PROVIDER = {
    "SCOPES": {"slots": "Send and read one trust's slots and appointments"},
    "ACCESS_TOKEN_EXPIRE_SECONDS": 600,
    "OAUTH2_VALIDATOR_CLASS": "booking.api.client_assertion.ClientValidator",
    # Only client credentials are used; RFC 9700's advice closes what else the library can do.
    # TOKEN_STORAGE: of a token, too, only a hash is kept.
    **{
        f"COMPLIANT_BCP_RFC9700_{name}": True
        for name in (
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "REDIRECT_URI_SCHEME",
            "REFRESH_TOKEN",
            "TOKEN_STORAGE",
        )
    },
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
}
FEEDS_MAY_BE_PRIVATE = flag("FEEDS_MAY_BE_PRIVATE")
# What a feed may take away by itself (booking/exchange/feeds/brake.py). Four people ringing round
# is a morning's work for a clerk; 20 times are a scanner's day; a quarter is no ordinary change.
FEED_BRAKE_PEOPLE = whole_number("FEED_BRAKE_PEOPLE", 3)
FEED_BRAKE_TIMES = whole_number("FEED_BRAKE_TIMES", 20)
FEED_BRAKE_PERCENT = whole_number("FEED_BRAKE_PERCENT", 25)
# A feed's loss of so many booked people, or so large a part of what one of its schedules has to
# come, is a lost clinic (booking/exchange/feeds/lost_clinics.py): 10 are more than a clerk rings.
LOST_FEED_PEOPLE = whole_number("LOST_FEED_PEOPLE", 10)
LOST_FEED_PERCENT = whole_number("LOST_FEED_PERCENT", 33)
# Hours until people of a lost clinic are told though no lead has decided, the most pressing first.
LOST_GOES_ON_HOURS = whole_numbers("LOST_GOES_ON_HOURS", "4,8,24,48", count=4)
FEED_PULL_SECONDS = whole_number("FEED_PULL_SECONDS", 30, least=1)

# --- travel ---------------------------------------------------------------------------------
TRAVEL_ENGINE = one_of("TRAVEL_ENGINE", ("roads", "osrm", "valhalla", "geodesic"))
OSRM_URL = own_server("OSRM_URL", needed=TRAVEL_ENGINE == "osrm")
VALHALLA_URL = own_server("VALHALLA_URL", needed=TRAVEL_ENGINE == "valhalla")
# Place names that are no town of the network: only a geocoder that the network runs itself.
GEOCODER = one_of("GEOCODER", ("none", "nominatim", "photon", "pelias"))
GEOCODER_URL = own_server("GEOCODER_URL", needed=GEOCODER != "none")

# --- how soon ---------------------------------------------------------------------------------
NOTICE_MINUTES = whole_number("NOTICE_MINUTES", 60)
ARRIVAL_MINUTES = whole_number("ARRIVAL_MINUTES", 15)

# --- the booking team (booking/worklists/due.py) -----------------------------------------------
# From when to when somebody works the lists, by England's clock; on bank holidays nobody does.
TEAM_HOURS = hours_by_day("TEAM_HOURS", "Mon=8-18,Tue=8-18,Wed=8-18,Thu=8-18,Fri=8-18")

# --- suspected cancer (booking/alerts) ---------------------------------------------------------
# Within how many hours of work a request is to be acknowledged, and days of work booked.
ALERT_ACKNOWLEDGE_HOURS = whole_number("ALERT_ACKNOWLEDGE_HOURS", 2)
ALERT_BOOK_DAYS = whole_number("ALERT_BOOK_DAYS", 1)
ALERT_SCAN_DAYS = whole_number("ALERT_SCAN_DAYS", 10)
# Exams whose pathway allows fewer days (or more): the national lung pathway has 3 for a CT after an
# abnormal X-ray, the prostate one 9 until the MRI is reported.
ALERT_SCAN_DAYS_OF = numbers_by_name("ALERT_SCAN_DAYS_OF", "CT-CHEST=3,MR-PROSTATE=9")
# Minutes from who is on call to the second, to the lead, to the duty manager, and round again.
ALERT_CHAIN_MINUTES = whole_numbers("ALERT_CHAIN_MINUTES", "15,15,30,60", count=4)
ALERT_ROUNDS = whole_number("ALERT_ROUNDS", 5)
ALERT_TICK_SECONDS = whole_number("ALERT_TICK_SECONDS", 15, least=1)

# --- e-mails to staff -----------------------------------------------------------------------
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = whole_number("EMAIL_PORT", 587)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
EMAIL_FROM = os.environ.get("EMAIL_FROM", "alerts@scans.example")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEPRIVATION_FILE = os.environ.get("DEPRIVATION_FILE", "")

# --- texts ----------------------------------------------------------------------------------
SMS_GATEWAY = one_of("SMS_GATEWAY", ("outbox", "console", "twilio"))
SMS_LANGUAGES = comma_list("SMS_LANGUAGES", "en")
SMS_STRICT_WORDS = flag("SMS_STRICT_WORDS")
SMS_PER_SECOND = whole_number("SMS_PER_SECOND", 50, least=1)
# Hundredths of a penny for each part of a text, without VAT; 0: not known, no cost is shown.
TEXT_PRICE = whole_number("TEXT_PRICE", 0)
# Where workers note how far the database had come: see notifications/history.py.
LOOKS_DIR = VAR_DIR
SMS_TICK_SECONDS = whole_number("SMS_TICK_SECONDS", 30, least=1)
AUDIT_KEYS = comma_list("AUDIT_KEY") or [SECRET_KEY]  # the first seals; older ones verify
AUDIT_HEADS = os.environ.get("AUDIT_HEADS", str(VAR_DIR / "audit-heads"))
NUMBER_HASH_KEY = os.environ.get("NUMBER_HASH_KEY", "") or SECRET_KEY
# The demo phone signs what it sends to our webhooks as Twilio would, so it needs an account.
_DEMO_PHONE = SMS_GATEWAY == "outbox" and not PRODUCTION
TWILIO_ACCOUNT_SID = os.environ.get("TWILIO_ACCOUNT_SID", "AC" + "0" * 32 if _DEMO_PHONE else "")
TWILIO_AUTH_TOKEN = os.environ.get("TWILIO_AUTH_TOKEN", "demo-only" if _DEMO_PHONE else "")
TWILIO_MESSAGING_SERVICE_SID = os.environ.get("TWILIO_MESSAGING_SERVICE_SID", "")
TWILIO_API_BASE = os.environ.get("TWILIO_API_BASE", "").rstrip("/")
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
PURGE_DAILY = flag("PURGE_DAILY")
# --- Celery: the broker is only a wake-up; the database row is the truth ---------------------
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = broker(VAR_DIR)
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("CELERY_QUEUE", "finder")  # others may use the broker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_TASK_PUBLISH_RETRY = False  # a patient's page never waits for a broker
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = beat_schedule(SMS_TICK_SECONDS, ALERT_TICK_SECONDS)

# --- logs: nothing in them names a patient ---------------------------------------------------
LOG_FORMAT = one_of("LOG_FORMAT", ("json", "line") if PRODUCTION else ("line", "json"))
LOGGING = logging_settings(os.environ.get("LOG_LEVEL", "INFO"), LOG_FORMAT)

# --- the organisation -------------------------------------------------------------------------
ORGANISATION_NAME = os.environ.get(
    "ORGANISATION_NAME", "Lancashire and South Cumbria Diagnostic Imaging Network"
)
HELP_PHONE = os.environ.get("HELP_PHONE", "01632 960 100")
HELP_HOURS = os.environ.get("HELP_HOURS", "8am to 8pm, 7 days a week")
ACCESSIBILITY_EMAIL = os.environ.get("ACCESSIBILITY_EMAIL", "accessibility@scans.example")
DATA_PROTECTION_EMAIL = os.environ.get("DATA_PROTECTION_EMAIL", "data.protection@scans.example")

if PRODUCTION and not only_makes_a_key(sys.argv):
    refuse_unsafe_production(globals())
