// Figures that htmx fetches for other filters (templates/insights/_form.jinja): focus on what came.
// Where none came the form is sent as without JavaScript, and the browser says what is wrong.
const isOurs = (event) => event.detail.target?.id === "figures";
const sendPlainly = () => document.getElementById("filters").submit();

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, (event) => isOurs(event) && sendPlainly());
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  // Not from us: a proxy that could not reach us answers with a page of its own.
  if (isOurs(event) && !event.detail.xhr.responseText.includes('id="figures"')) {
    event.detail.shouldSwap = false;
    sendPlainly();
  }
});

document.body.addEventListener("htmx:afterSettle", () => {
  const shown = document.getElementById("figures");
  if (shown && shown.dataset.isSwapped) {
    const summary = shown.querySelector(".nhsuk-error-summary");
    summary?.setAttribute("tabindex", "-1");
    (summary ?? document.getElementById("found")).focus({ preventScroll: !summary });
    delete shown.dataset.isSwapped;
  }
});
