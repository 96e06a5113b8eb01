"""HTML as a PDF that a screen reader can read (PDF/UA-1), by WeasyPrint; or why it cannot be made.

WeasyPrint draws with Pango, a library of the system: where it is missing nothing else breaks.
"""

import re

WHAT_TO_INSTALL = (
    "The PDF cannot be made here: WeasyPrint does not find Pango. Install it, on Debian or Ubuntu:"
    " apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; on a Mac:"
    " brew install pango"
)
_SVG = re.compile(r"<svg\b[^>]*>")
_SAID = re.compile(r"<title[^>]*>([^<]*)</title>\s*<desc[^>]*>([^<]*)</desc>")


class CannotMake(Exception):
    """The PDF cannot be made on this machine. Says what to install."""


def why_not() -> str:
    """Return what is to be installed before a PDF can be made, empty if it can be."""
    try:
        import weasyprint  # noqa: F401 - a second to import, and only who makes a PDF needs it
    except OSError:
        return WHAT_TO_INSTALL
    except ImportError:
        return "WeasyPrint is not installed: pip install --require-hashes -r requirements/base.txt"
    return ""


def make_pdf(html: str, style: str, chart_style: str) -> bytes:
    """Return a page as PDF. Nothing is fetched. Raises CannotMake.

    `style` is of the page, `chart_style` of what is drawn on it: it goes into each drawing.
    """
    if why := why_not():
        raise CannotMake(why)
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=())
    page = HTML(string=say_charts(html, chart_style), url_fetcher=nothing)
    sheet = CSS(string=style, url_fetcher=nothing)
    made: bytes = page.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1", pdf_tags=True)
    return made


def say_charts(html: str, chart_style: str) -> str:
    """Return HTML whose drawings have their own style, and say all of themselves in their title.

    WeasyPrint gives a drawing no style of the page, and takes the title alone for its words.
    """
    said = _SAID.sub(r"<title>\1. \2</title>", html)
    return _SVG.sub(lambda tag: f"{tag[0]}<style>{chart_style}</style>", said)
