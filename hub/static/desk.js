// A few keys for those who work here all day: Ctrl+S saves, Ctrl+Enter publishes, / goes to the search of the page.

const form = document.querySelector("form.edit");

addEventListener("keydown", (event) => {
  const writing = event.target.matches?.("input, textarea, select, [contenteditable]");
  if ((event.ctrlKey || event.metaKey) && (event.key === "s" || event.key === "Enter") && form) {
    const wanted = event.key === "s" ? "save" : "publish";
    const button = document.querySelector(`button[form=${form.id}][name=do][value=${wanted}]`);
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  } else if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.querySelector("main input[type=search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
  }
});
