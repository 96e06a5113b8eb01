// A page that loads parts of itself by the clock, or all of itself: not once a form was sent from
// it. What comes next would be broken off, and who pressed the button would not see its answer.
const BACK_AFTER = 60_000; // milliseconds: the answer was a file, or never came
let leaving = false;

addEventListener("submit", (event) => {
  if (!event.defaultPrevented) {
    leaving = true;
    setTimeout(() => { leaving = false; }, BACK_AFTER);
  }
});

addEventListener("pageshow", () => { leaving = false; }); // back to it by the browser's button

for (const moment of ["htmx:beforeRequest", "htmx:beforeOnLoad"]) {
  document.addEventListener(moment, (event) => {
    if (leaving) {
      event.preventDefault();
    }
  });
}
