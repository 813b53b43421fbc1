// Live preview of name, tagline and colour, and dragging of the front page's parts. The form does the same without.

const preview = document.querySelector(".preview");
const verdict = preview.querySelector("[data-verdict]");
const grounds = { light: preview.dataset.light.split(" "), dark: preview.dataset.dark.split(" ") };

const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((n) => channel(parseInt(colour.slice(n, n + 2), 16) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function colour() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const typed = document.getElementById(dark ? "l-accent_dark" : "l-accent").value.trim().toLowerCase();
  const full = typed.startsWith("#") ? typed : `#${typed}`;
  if (!/^#[0-9a-f]{6}$/.test(full)) {
    verdict.textContent = "";
    for (const name of ["--accent", "--link"]) preview.style.removeProperty(name);
    return;
  }
  for (const name of ["--accent", "--link"]) preview.style.setProperty(name, full);
  const reached = Math.min(...grounds[dark ? "dark" : "light"].map((ground) => contrast(full, ground)));
  verdict.textContent = (reached >= 4.5 ? verdict.dataset.good : verdict.dataset.bad).replace("{}", reached.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }));
}

addEventListener("input", ({ target }) => {
  const shown = preview.querySelector(`[data-shown="${target.dataset?.shows}"]`);
  if (shown) shown.textContent = target.value.trim() || shown.dataset.else;
  if (target.id?.startsWith("l-accent")) colour();
});
colour();

let dragged = null;

for (const part of document.querySelectorAll(".arrange li")) {
  part.draggable = true;
  part.addEventListener("dragstart", () => {
    dragged = part;
    part.classList.add("dragged");
  });
  part.addEventListener("dragend", () => part.classList.remove("dragged"));
  part.addEventListener("dragover", (event) => {
    event.preventDefault();
    if (!dragged || dragged === part) return;
    const { top, height } = part.getBoundingClientRect();
    part[event.clientY < top + height / 2 ? "before" : "after"](dragged);
  });
}
