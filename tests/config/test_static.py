"""During a deployment a page of one release finds its files with the other."""

import pytest
from django.http import HttpResponse

from config.static import StaticFiles


@pytest.fixture
def release(tmp_path, settings):
    """A release that has one file, under its own hash and under none."""
    (tmp_path / "img").mkdir()
    for name in ("app.css", "app.0123456789ab.css", "img/a.b.svg"):
        (tmp_path / name).write_text("body {}")
    settings.STATIC_ROOT, settings.DEBUG = tmp_path, False
    # What whitenoise asks the storage, which in tests knows no hashes.
    settings.WHITENOISE_IMMUTABLE_FILE_TEST = lambda path, url: "0123456789ab" in url
    return StaticFiles(lambda request: HttpResponse("nothing", status=404))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/static/app.0123456789ab.css", 200),
        ("/static/app.ba9876543210.css", 200),
        ("/static/img/a.b.0123456789ab.svg", 200),
        ("/static/app.ba98765432.css", 404),
        ("/static/other.0123456789ab.css", 404),
        ("/static/app.0123456789ab", 404),
        ("/app.0123456789ab.css", 404),
        ("/static/../static/app.0123456789ab.cs", 404),
    ],
)
def test_a_name_of_another_release_finds_the_file(release, rf, path, status):
    assert release(rf.get(path)).status_code == status


def test_what_stands_for_another_is_not_kept_for_years(release, rf):
    own = release(rf.get("/static/app.0123456789ab.css"))
    others = release(rf.get("/static/app.ba9876543210.css"))

    assert "immutable" in own["Cache-Control"]
    assert others["Cache-Control"] == "max-age=60, public"
    assert b"".join(others.streaming_content) == b"body {}"


def test_the_service_serves_its_files_so(settings):
    assert "config.static.StaticFiles" in settings.MIDDLEWARE
