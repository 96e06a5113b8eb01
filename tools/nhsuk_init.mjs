initAll();
document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) initAll({ scope: event.detail.elt }); });
