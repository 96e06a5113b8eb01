# The web server, the worker and beat: one image, three commands (docker-compose.yml).
FROM python:3.12-slim-trixie
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/finder STATIC_ROOT=/app/collected
WORKDIR /app
# Pango draws the board's quarterly pack (insights/pdf.py), in letters that are there. `manage.py
# backup` needs a pg_dump no older than the database: trixie's is 17.
RUN apt-get update && apt-get install -y --no-install-recommends \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation postgresql-client \
    && rm -rf /var/lib/apt/lists/*
COPY requirements/base.txt requirements/postcodes.txt requirements/tracing.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/base.txt -r requirements/postcodes.txt -r requirements/tracing.txt
COPY . .
# Nothing under /app is ever written to: the container's root may be read-only.
RUN useradd --system --uid 10001 finder && mkdir -p "$VAR_DIR" /var/backups/finder \
    && python manage.py collectstatic --noinput -v0 && chown -R finder "$VAR_DIR" /var/backups/finder
USER 10001
EXPOSE 8000
# Slow senders and readers take no thread (config/asgi.py); SIGTERM lets requests at work end.
CMD ["granian", "--interface", "asginl", "--http", "1", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--backpressure", "8192", "--no-access-log", "--respawn-failed-workers", "--workers-kill-timeout", "25", "config.asgi:application"]
