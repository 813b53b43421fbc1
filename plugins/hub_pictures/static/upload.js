// Pictures dropped or pasted into a text, or chosen by its button, are sent and stand in the text. Without this file a
// picture is uploaded in the library and its line is copied from there.
const told = document.getElementById("picture-upload"), form = document.getElementById("edit");

async function send(area, files) {
  for (const file of files) {
    if (!file.type.startsWith("image/")) continue;
    told.textContent = told.dataset.sending;
    const body = new FormData();
    body.set("file", file);
    body.set("csrf_token", form.elements.csrf_token.value);
    try {
      const answer = await fetch(told.dataset.url, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (!answer.ok) { told.textContent = said.error; continue; }
      insert(area, said.url);
      told.textContent = told.dataset.done;
    } catch { told.textContent = told.dataset.failed; }
  }
}

function insert(area, url) {
  const before = area.value.slice(0, area.selectionStart), own = before && !before.endsWith("\n") ? "\n\n" : "";
  const start = area.selectionStart + own.length + 2;
  area.setRangeText(`${own}![](${url})\n`, area.selectionStart, area.selectionEnd, "end");
  area.setSelectionRange(start, start); // between the brackets: what the picture shows
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

const carries = (data) => [...data.types].includes("Files");

if (told && form) for (const area of form.querySelectorAll("textarea[data-markdown]")) {
  area.addEventListener("dragover", (event) => { if (carries(event.dataTransfer)) { event.preventDefault(); area.classList.add("over-me"); } });
  area.addEventListener("dragleave", () => area.classList.remove("over-me"));
  area.addEventListener("drop", (event) => {
    area.classList.remove("over-me");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    send(area, event.dataTransfer.files);
  });
  area.addEventListener("paste", (event) => {
    const data = event.clipboardData; // a word processor sends pictures of its text beside it: there the text is meant
    if (!data.files.length || data.types.includes("text/html") || data.types.includes("text/plain")) return;
    event.preventDefault();
    send(area, data.files);
  });
  const button = document.createElement("button"), input = document.createElement("input");
  button.type = "button";
  button.className = "btn alt small pic-button";
  button.textContent = told.dataset.label;
  input.type = "file";
  input.accept = "image/*";
  input.multiple = true;
  input.hidden = true;
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => { send(area, [...input.files]); input.value = ""; });
  const bar = area.previousElementSibling?.matches("[role=toolbar]") ? area.previousElementSibling : null;
  if (bar) bar.append(button, input); else area.before(button, input);
}
