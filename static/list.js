// A list that htmx fetches: what to say when no list came, and focus on what is wrong.
// Without JavaScript the form loads a page, and the browser says these things itself.
const words = document.querySelector("template[data-unreachable]");
const list = () => document.getElementById("results");

function sayUnreachable() {
  list().replaceChildren(words.content.cloneNode(true));
  list().firstElementChild.focus();
}

for (const event of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(event, sayUnreachable);
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  // Not from us: a proxy that could not reach us answers with a page of its own.
  if (!event.detail.xhr.responseText.includes('id="results"')) {
    event.detail.shouldSwap = false;
    sayUnreachable();
  }
});

document.body.addEventListener("htmx:afterSettle", () => {
  const summary = list()?.querySelector(".nhsuk-error-summary");
  if (summary) {
    summary.tabIndex = -1;
    summary.focus();
  }
});
