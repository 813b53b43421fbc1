// Check-in goes on without a network: what is pressed on the open list is kept in this browser and sent when there is one again.
const box = document.querySelector("[data-checkin]");
const KEY = `hub-events-checkin ${location.pathname}`;
const kept = () => { try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; } };
const keep = (all) => { try { localStorage.setItem(KEY, JSON.stringify(all)); } catch { /* a closed store: the list on the page remains */ } };

const rowOf = (entry) => {
  const rows = [...document.querySelectorAll("tr[data-code]")];
  return rows.find((row) => entry.code ? row.dataset.code === entry.code.trim().toUpperCase() : row.dataset.number === entry.number);
};

const show = () => {
  const waiting = kept(), line = document.querySelector("[data-waiting]");
  line.hidden = !waiting.length;
  line.textContent = waiting.length ? line.dataset.waiting.replace("{}", waiting.length) : "";
  for (const entry of waiting) {
    const cell = rowOf(entry)?.querySelector("[data-state]");
    if (cell) cell.textContent = box.dataset[entry.do] || entry.do;
  }
};

const post = async (entry, token) => {
  const answer = await fetch(location.pathname, {
    method: "POST", body: new URLSearchParams({ ...entry, csrf_token: token }), signal: AbortSignal.timeout(10000),
  });
  if (answer.status >= 500) throw new Error(answer.status);
};

let sending = false;
const send = async () => {
  if (sending || !kept().length || !navigator.onLine) return;
  sending = true;
  try {
    const page = async () => new DOMParser().parseFromString(
      await (await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(10000) })).text(), "text/html");
    const token = (await page()).querySelector("[data-checkin] [name=csrf_token]")?.value;
    if (!token) return; // signed out meanwhile: it stays kept until somebody signs in on this page
    for (const entry of kept()) {
      await post(entry, token);
      keep(kept().slice(1));
    }
    const fresh = (await page()).querySelector("[data-checkin]");
    if (fresh) box.replaceChildren(...fresh.childNodes);
  } catch { /* no network after all: again later */ } finally {
    sending = false;
    show();
  }
};

const note = (entry, form) => {
  const row = rowOf(entry);
  if (!row) { form.querySelector("[data-unknown]")?.removeAttribute("hidden"); return; }
  keep([...kept(), { number: row.dataset.number, do: entry.do }]);
  form.querySelector("[data-unknown]")?.setAttribute("hidden", "");
  form.reset();
  show();
};

document.addEventListener("submit", (event) => {
  const form = event.target, what = event.submitter?.value;
  if (!box.contains(form) || navigator.onLine || !["came", "undo", "noshow"].includes(what)) return;
  event.preventDefault();
  const data = new FormData(form);
  note({ code: data.get("code") || "", number: data.get("number") || "", do: what }, form);
});
window.addEventListener("online", send);
setInterval(send, 20000);
show();
send();
