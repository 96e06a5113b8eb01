"""Settings of a production that starts nowhere: for checks, which send nothing."""

PRODUCTION = {
    "MODE": "production",
    "SECRET_KEY": "only-for-this-check-" + "x7Kq" * 12,
    "ALLOWED_HOSTS": "scans.example",
    "PUBLIC_BASE_URL": "https://scans.example",
    "TRUSTED_PROXIES": "10.0.0.5",
    "DATABASE_URL": "postgres://finder@database:5432/finder",  # checks ask no database
    "SMS_GATEWAY": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "only-for-this-check",
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
    "FIELD_KEYS": "b25seS1mb3ItdGhpcy1jaGVjay0tLS0tLS0tLS0tLS0=",
    "NUMBER_HASH_KEY": "only-for-this-check-" + "k7Xq" * 12,
    "AUDIT_KEY": "only-for-this-check-" + "m3Zt" * 12,
}
