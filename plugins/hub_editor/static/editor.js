// Adds to the form of an item: unsaved text is kept every few seconds, others in the form are named, Markdown has buttons,
// a preview and takes what is pasted from a word processor. Without this file the form works as it stands.
import { toMarkdown } from "./paste.js";

const form = document.getElementById("edit");
const keeper = document.getElementById("keeper");
const others = document.getElementById("others");
const EVERY = 30000, PAUSE = 4000;
let changed = false, saving = false, timer = 0;

async function keep(quiet) {
  const body = new FormData(form);
  for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
  if (quiet) body.set("quiet", "1");
  try {
    const answer = await fetch(keeper.dataset.url, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const told = await answer.json();
    if (others) {  // a form that came back with faults names nobody
      others.hidden = !told.others.length;
      others.textContent = told.others.length
        ? `${told.others.join(", ")} ${told.others.length > 1 ? others.dataset.many : others.dataset.one}` : "";
    }
    if (!quiet) { keeper.textContent = told.kept; changed = false; }
  } catch { /* no network: the text is still in the form, and the browser warns before it is left */ }
}

function typed() {
  changed = true;
  clearTimeout(timer);
  timer = setTimeout(() => keep(false), PAUSE);
}

if (form && keeper) {
  form.addEventListener("input", typed);
  form.addEventListener("submit", () => { saving = true; clearTimeout(timer); });
  addEventListener("beforeunload", (event) => { if (changed && !saving) { keep(false); event.preventDefault(); } });
  setInterval(() => { if (!document.hidden) keep(!changed); }, EVERY);
  keep(true);
  for (const area of form.querySelectorAll("textarea[data-markdown]")) equip(area);
}

function equip(area) {
  const words = keeper.dataset, bar = document.createElement("div");
  bar.className = "acts small";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", words.tools);
  bar.setAttribute("aria-controls", area.id);
  const tools = [
    [words.bold, () => wrap(area, "**", "**"), "b"], [words.italic, () => wrap(area, "*", "*"), "i"],
    [words.heading, () => prefix(area, "## ")], [words.list, () => prefix(area, "- ")], [words.quote, () => prefix(area, "> ")],
    [words.link, () => wrap(area, "[", "](https://)"), "k"],
  ];
  for (const [label, act, key] of tools) {
    bar.append(button(label, () => { act(); area.focus(); typed(); }));
    if (key) area.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === key) { event.preventDefault(); act(); typed(); }
    });
  }
  const pane = document.createElement("div");
  pane.className = "prose";
  pane.hidden = true;
  const look = button(words.look, async () => {
    if (!pane.hidden) { pane.hidden = true; area.hidden = false; look.textContent = words.look; area.focus(); return; }
    const body = new FormData();
    body.set("text", area.value);
    body.set("csrf_token", form.elements.csrf_token.value);
    const answer = await fetch(words.preview, { method: "POST", body });
    if (!answer.ok) return;
    pane.innerHTML = await answer.text(); // made safe by the site, exactly as for readers
    pane.hidden = false;
    area.hidden = true;
    look.textContent = words.write;
  });
  bar.append(look);
  area.before(bar);
  area.after(pane);
  area.addEventListener("paste", (event) => {
    const html = event.clipboardData.getData("text/html");
    if (!html) return;
    const text = toMarkdown(html);
    if (!text) return;
    event.preventDefault();
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    typed();
  });
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn alt small";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

function wrap(area, before, after) {
  const { selectionStart: start, selectionEnd: end } = area, chosen = area.value.slice(start, end);
  area.setRangeText(before + chosen + after, start, end, "end");
  area.setSelectionRange(start + before.length, start + before.length + chosen.length);
}

function prefix(area, mark) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1, end = area.selectionEnd;
  const lines = area.value.slice(start, end).split("\n");
  const on = lines.every((line) => line.startsWith(mark));
  area.setRangeText(lines.map((line) => (on ? line.slice(mark.length) : mark + line)).join("\n"), start, end, "end");
}
