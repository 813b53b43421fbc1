// A list of titles longer than a page can carry: what fits is fetched while somebody types.

const wait = 150; // ms without a key
let timer, running;

addEventListener("input", ({ target }) => {
  const list = target.list;
  if (!list?.dataset.more) return;
  clearTimeout(timer);
  running?.abort();
  const typed = target.value.trim();
  if (typed.length < 2 || [...list.options].some((one) => one.value === typed)) return;
  timer = setTimeout(() => offer(list, typed, (running = new AbortController()).signal), wait);
});

async function offer(list, typed, signal) {
  try {
    const answer = await fetch(`${list.dataset.more}?q=${encodeURIComponent(typed)}`, { signal });
    if (!answer.ok) return;
    const titles = await answer.json();
    list.replaceChildren(...titles.map((title) => Object.assign(document.createElement("option"), { value: title })));
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}
