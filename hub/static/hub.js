// What makes pages handier where scripts run; nothing on a page depends on it.

const all = (selector) => document.querySelectorAll(selector);

// Where a menu is longer than its place, the part with this page is in sight.
for (const here of all(".nav [aria-current], .rail [aria-current]")) {
  const menu = here.closest(".rail") ?? here.closest("ul"), at = here.getBoundingClientRect(), place = menu.getBoundingClientRect();
  if (at.right > place.right - 32) menu.scrollLeft += at.left - place.left - 48;
  if (at.bottom > place.bottom) menu.scrollTop += at.top - place.top - place.height / 2;
}

function toast(text) {
  const note = Object.assign(document.createElement("div"), { className: "toast", role: "status" });
  document.body.append(note);
  requestAnimationFrame(() => note.append(Object.assign(document.createElement("p"), { textContent: text })));
  setTimeout(() => note.remove(), 5000);
}

function show(button) {
  button.hidden = false;
  if (button.parentElement.hidden) button.parentElement.hidden = false;
}

async function share({ share: url, title, done }) {
  if (navigator.share) {
    try {
      await navigator.share({ url, title });
    } catch {
      // the reader thought better of it
    }
    return;
  }
  await navigator.clipboard.writeText(url);
  toast(done);
}

for (const button of all("[data-share]")) {
  if (!navigator.share && !navigator.clipboard) continue;
  show(button);
  button.addEventListener("click", () => share(button.dataset));
}

for (const button of all("[data-print]")) {
  show(button);
  button.addEventListener("click", () => window.print());
}

for (const button of all("[data-opens]")) {
  show(button);
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}

// after a form came back with faults, its summary is read first
document.querySelector("[role=alert][tabindex='-1']")?.focus();

// the sheet of conditions on narrow screens: Escape closes it and leads back to its button
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.querySelector(".facets:target")) return;
  location.hash = "main";
  document.querySelector(".to-filter a")?.focus();
});

if (document.querySelector(".rail, form.edit")) import("./desk.js");
if (document.querySelector("datalist[data-more]")) import("./titles.js");

// A button pressed twice sends once; what a script takes over (an answer without a new page) may be sent again.
const sent = new Map();
document.addEventListener("submit", (event) => {
  const what = event.submitter ?? event.target;
  if (Date.now() - (sent.get(what) ?? 0) < 4000) return event.preventDefault();
  sent.set(what, Date.now());
  setTimeout(() => event.defaultPrevented && sent.delete(what));
});
