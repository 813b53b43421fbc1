// The index is the page; this only hides what does not match. Letters, not bytes; е for ё; a longer word also without its ending.
const fold = (text) => text.toLowerCase().replaceAll("ё", "е").normalize("NFKC");
const box = document.querySelector("[data-find]"), told = document.querySelector("[data-found]");
const entries = [...document.querySelectorAll("[data-entry]")].map((line) => [line, fold(line.textContent).match(/[\p{L}\p{N}]+/gu) || []]);
const stem = (word) => word.length > 6 ? word.slice(0, -2) : word.length > 3 ? word.slice(0, -1) : word;

const show = () => {
  const wanted = (fold(box.value).match(/[\p{L}\p{N}]+/gu) || []).map(stem);
  let found = 0;
  for (const [line, words] of entries) {
    line.hidden = !wanted.every((part) => words.some((word) => word.startsWith(part)));
    found += !line.hidden;
  }
  for (const group of document.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-entry]:not([hidden])");
  told.textContent = wanted.length ? told.dataset.found.replace("{}", found) : "";
};

document.querySelector("[data-box]").classList.remove("copy-box");
box.addEventListener("input", show);
box.value = new URLSearchParams(location.search).get("q") || "";
show();
