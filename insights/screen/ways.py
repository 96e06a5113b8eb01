"""Ways back from filters that match nothing."""

from urllib.parse import urlencode

from insights.forms.figures import FiguresForm


def less_by_one(form: FiguresForm) -> list[tuple[str, str]]:
    """Return, for each filter that was chosen, its words and the query without it."""
    found = []
    for name in form.fields:
        if name in form.asked:
            key = form.add_prefix(name)
            rest = {one: value for one, value in form.chosen.items() if one != key}
            found.append((form.words_of(name, form.cleaned_data[name]), f"?{urlencode(rest)}"))
    return found
