// A long choice of which one types a few letters (ARIA's combobox with a list). A layer over a
// <select data-type-ahead>, or over a box that has a <datalist>: those stay what is sent, and are
// what there is without JavaScript. Words fit as the server fits them: each begins a word.
const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
const fits = (typed, name) => typed.every((one) => name.some((word) => word.startsWith(one)));

function make(tag, attributes, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.textContent = text;
  return made;
}

// The box that takes the place of a select: its label, its hint and its error come with it.
function boxOver(select) {
  const box = make("input", { type: "text", id: select.id, class: "nhsuk-input choose__box" });
  for (const name of ["aria-describedby", "aria-label"]) {
    if (select.hasAttribute(name)) {
      box.setAttribute(name, select.getAttribute(name));
    }
  }
  box.classList.toggle("nhsuk-input--error", select.classList.contains("nhsuk-select--error"));
  select.id = `${select.id}-chosen`;
  select.hidden = true;
  select.before(box);
  return box;
}

class Choose {
  constructor(control) {
    this.select = control.matches("select") ? control : null;
    const named = control.labels[0]?.textContent.trim() ?? "";
    this.choices = this.select
      ? [...control.options].map((one) => ({ text: one.text, value: one.value }))
      : [...control.list.options].map((one) => ({ text: one.value, value: one.value }));
    this.box = this.select ? boxOver(control) : control;
    this.box.removeAttribute("list");
    this.list = make("ul", { id: `${this.box.id}-choices`, role: "listbox", class: "choose__list", "aria-label": `Choices: ${named}` });
    this.says = make("span", { role: "status", class: "nhsuk-u-visually-hidden" });
    this.list.hidden = true;
    const around = make("div", { class: "choose" });
    this.box.before(around);
    around.append(this.box, this.list, this.says);
    for (const [name, value] of Object.entries({
      role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
    })) {
      this.box.setAttribute(name, value);
    }
    this.fitting = [];
    this.at = -1;
    this.showChosen();
    this.box.addEventListener("input", () => this.open(this.box.value));
    this.box.addEventListener("click", () => {
      if (this.list.hidden) {
        this.box.select(); // what is typed next takes the place of what was chosen
        this.open("");
      }
    });
    this.box.addEventListener("keydown", (event) => this.press(event));
    this.box.addEventListener("focus", () => this.select && this.box.select());
    this.box.addEventListener("blur", () => this.leave());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const one = event.target.closest("[role=option]");
      if (one) {
        this.pick([...this.list.children].indexOf(one));
      }
    });
    // Back, or a form that is emptied, sets the select and not the box over it.
    addEventListener("pageshow", () => this.showChosen());
    this.box.form?.addEventListener("reset", () => setTimeout(() => this.showChosen()));
  }

  showChosen() {
    if (this.select) {
      this.box.value = this.select.selectedOptions[0]?.text ?? "";
    }
  }

  // Show what fits some words; what fits alone is marked, so that Enter or Tab takes it.
  open(typed) {
    const said = words(typed);
    this.fitting = this.choices.filter((one) => fits(said, words(one.text)));
    this.list.replaceChildren(
      ...this.fitting.map((one, at) => make("li", { role: "option", id: `${this.list.id}-${at}`, class: "choose__one", "aria-selected": "false" }, one.text)),
    );
    if (!this.fitting.length) {
      this.list.append(make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "choose__none" }, "Nothing fits. Type other words"));
    }
    this.list.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
    const count = this.fitting.length;
    this.says.textContent = count ? `${count} ${count === 1 ? "fits" : "fit"}` : "Nothing fits. Type other words";
    this.mark(said.length && count === 1 ? 0 : -1);
  }

  mark(at) {
    this.at = at;
    for (const [number, one] of [...this.list.children].entries()) {
      one.setAttribute("aria-selected", String(number === at));
    }
    if (at < 0) {
      this.box.removeAttribute("aria-activedescendant");
      return;
    }
    this.box.setAttribute("aria-activedescendant", `${this.list.id}-${at}`);
    this.list.children[at].scrollIntoView({ block: "nearest" });
  }

  close() {
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.mark(-1);
    this.says.textContent = "";
  }

  pick(at) {
    const one = this.fitting[at];
    if (!one) {
      return;
    }
    this.box.value = one.text;
    if (this.select && this.select.value !== one.value) {
      this.select.value = one.value;
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.close();
  }

  press(event) {
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.step(event.key === "ArrowDown" ? 1 : -1, isOpen);
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault(); // what is not chosen yet is not sent
      this.pick(this.at);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      this.close();
      this.showChosen();
    }
  }

  // From a closed list an arrow goes on from what is chosen, as it does in a select.
  step(by, isOpen) {
    let from = this.at;
    if (!isOpen) {
      this.open("");
      from = this.select ? this.select.selectedIndex : -1;
    }
    const count = this.fitting.length;
    if (count) {
      this.mark(from < 0 ? (by > 0 ? 0 : count - 1) : Math.min(Math.max(from + by, 0), count - 1));
    }
  }

  // Whoever goes on takes what is marked. A select keeps what it had where nothing is: what the
  // box says is always what is sent. Words in a box of its own are read by the server.
  leave() {
    if (!this.list.hidden && this.at >= 0) {
      this.pick(this.at);
    }
    this.close();
    this.showChosen();
  }
}

for (const control of document.querySelectorAll("select[data-type-ahead], input[list]")) {
  new Choose(control);
}
