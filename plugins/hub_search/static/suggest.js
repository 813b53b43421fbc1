// Suggestions under every search box: an editable combobox with a list, after the ARIA Authoring Practices.
// Without this file the form works as it is. Recent searches stay in this browser and are sent to nobody.

const KEY = "hub-searches", KEPT = 8, WAIT = 120;

const recent = {
  all() { try { return JSON.parse(localStorage.getItem(KEY)) ?? []; } catch { return []; } },
  add(text) {
    if (!text) return;
    try { localStorage.setItem(KEY, JSON.stringify([text, ...this.all().filter((t) => t !== text)].slice(0, KEPT))); } catch { /* none kept */ }
  },
  forget() { try { localStorage.removeItem(KEY); } catch { /* nothing there */ } },
};

function element(name, attributes, text = "") {
  const made = Object.assign(document.createElement(name), { textContent: text });
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

class Suggestions {
  constructor(input, words, number) {
    Object.assign(this, { input, words, at: -1, options: [], asked: 0 });
    this.id = `suggestions-${number}`;
    this.list = element("ul", { id: this.id, role: "listbox", class: "sugg", "aria-label": words.list, hidden: "" });
    this.told = element("span", { class: "vh", role: "status" });
    input.form.append(this.list, this.told);
    for (const [key, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": this.id, autocomplete: "off", autocapitalize: "none", spellcheck: "false" })) input.setAttribute(key, value);
    input.addEventListener("input", () => this.typed());
    input.addEventListener("focus", () => { if (!input.value) this.typed(); });
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => this.close());
    input.form.addEventListener("submit", () => recent.add(input.value.trim()));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the focus
    this.list.addEventListener("click", (event) => this.choose(this.options.indexOf(event.target.closest("[role=option]"))));
  }

  typed() {
    clearTimeout(this.waiting);
    const text = this.input.value.trim();
    if (!text) { this.show(this.before()); return; }
    this.waiting = setTimeout(() => this.ask(text), WAIT);
  }

  before() {
    const texts = recent.all();
    const found = texts.map((text) => ({ text, label: this.words.recent, go: () => { this.input.value = text; this.input.form.requestSubmit(); } }));
    return texts.length ? [...found, { text: this.words.forget, label: "", go: () => { recent.forget(); this.close(); } }] : [];
  }

  async ask(text) {
    const number = ++this.asked;
    try {
      const answer = await fetch(`${this.words.suggest}?q=${encodeURIComponent(text)}`);
      if (!answer.ok || number !== this.asked) return; // a late answer to what was typed before
      const { suggestions } = await answer.json();
      if (number !== this.asked || document.activeElement !== this.input) return;
      this.show(suggestions.map((s) => ({ ...s, go: () => { recent.add(text); location.assign(s.url); } })));
    } catch { this.close(); }
  }

  show(rows) {
    this.at = -1;
    this.rows = rows;
    this.options = rows.map(({ text, label, lang, kind }, n) => {
      const option = element("li", { id: `${this.id}-${n}`, role: "option", "aria-selected": "false", ...(kind && { "data-kind": kind }) });
      option.append(element("span", lang ? { lang } : {}, text), element("span", { class: "small" }, label));
      return option;
    });
    this.list.replaceChildren(...this.options);
    this.list.hidden = !rows.length;
    this.input.setAttribute("aria-expanded", String(rows.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    this.told.textContent = rows.length && this.input.value ? this.words.count.replace("#", rows.length) : "";
  }

  close() { this.asked++; clearTimeout(this.waiting); this.show([]); }

  move(to) {
    this.options[this.at]?.setAttribute("aria-selected", "false");
    this.at = to;
    const option = this.options[to];
    if (!option) { this.input.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(n) { if (n >= 0) this.rows[n].go(); }

  pressed(event) {
    const count = this.options.length;
    if (event.key === "ArrowDown" && !count) this.typed();
    else if (event.key === "ArrowDown") this.move(this.at + 1 < count ? this.at + 1 : -1);
    else if (event.key === "ArrowUp" && count) this.move(this.at < 0 ? count - 1 : this.at - 1);
    else if (event.key === "Enter" && this.at >= 0) this.choose(this.at);
    else if (event.key === "Escape" && count) this.close();
    else return;
    event.preventDefault();
  }
}

const words = document.querySelector("[data-suggest]")?.dataset;
if (words) document.querySelectorAll("form.find input[type=search]").forEach((input, n) => new Suggestions(input, words, n));
