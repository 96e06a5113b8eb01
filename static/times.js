// Times that are asked for again by themselves (templates/booking/clerk/_times.jinja): not while
// nobody looks, and whoever stands at a time that is gone is told so.
const listed = () => document.getElementById("listed");
let stoodAt = "";

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === listed() && document.hidden) {
    event.preventDefault();
  }
});

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target === listed()) {
    const at = document.activeElement;
    stoodAt = listed().contains(at) ? at.id || "found" : "";
  }
});

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target === listed() && stoodAt) {
    // The same time, if it is still there; else what is said of all times, read out once.
    (document.getElementById(stoodAt) ?? document.getElementById("found")).focus({ preventScroll: true });
    stoodAt = "";
  }
});
