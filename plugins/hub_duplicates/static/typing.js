// While a title is typed, what is there already under such a name appears below it; without scripts nothing is missing:
// the desk and the form of suggestions say the same once the form has been sent.
const tag = document.querySelector("script[data-like]");
const title = document.querySelector('form.edit [name^="title."]');
if (tag && title) {
  const form = title.form;
  const box = document.createElement("div");
  box.setAttribute("aria-live", "polite");
  title.closest(".field").append(box);
  const field = (name) => form.elements[name]?.value.trim() ?? "";
  let timer = 0, asked = "";
  const ask = async () => {
    const words = title.value.trim();
    const query = new URLSearchParams({
      path: tag.dataset.path, title: words, place: field("p.0.name"), point: field("p.0.point").replace(/\s/g, ""), website: field("f.website"),
    });
    if (words.length < 4 || String(query) === asked) { if (words.length < 4) box.replaceChildren(); return; }
    asked = String(query);
    try {
      const answer = await fetch(`${tag.dataset.like}?${query}`, { credentials: "same-origin" });
      const found = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html").querySelector("[data-found]");
      if (String(query) === asked) box.replaceChildren(...(found ? [document.importNode(found, true)] : []));
    } catch { /* no network: the form goes on */ }
  };
  form.addEventListener("input", (event) => {
    if (!/^(title\.|p\.0\.|f\.website)/.test(event.target.name ?? "")) return;
    clearTimeout(timer);
    timer = setTimeout(ask, 400);
  });
}
