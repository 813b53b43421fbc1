// Events: the reader's own time beside the event's, players that load after a click, a programme kept in this browser.
const KEY = "hub-events";
const known = () => { try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; } };
const keep = (uids) => { try { localStorage.setItem(KEY, JSON.stringify(uids.slice(-300))); } catch { /* a full or closed store */ } };

for (const time of document.querySelectorAll("time[data-here]")) {
  const start = new Date(time.dateTime), end = new Date(time.dataset.until);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const said = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" }).formatRange(start, end);
  const line = document.createElement("span");
  line.className = "small";
  line.textContent = `${time.dataset.here.replace("{}", said)} (${zone})`;
  time.after(document.createElement("br"), line);
}

for (const link of document.querySelectorAll("a[data-embed]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const player = document.createElement("iframe");
    player.className = "events-player";
    player.src = link.dataset.embed;
    player.title = link.dataset.title;
    player.allow = "fullscreen; encrypted-media; picture-in-picture";
    player.referrerPolicy = "strict-origin-when-cross-origin";
    link.closest("p").after(player);
    link.removeAttribute("data-embed");
    player.focus();
  }, { once: true });
}

for (const button of document.querySelectorAll("button[data-star]")) {
  const uid = button.dataset.star, words = button.querySelector("span"), off = words.textContent;
  const show = () => { const on = known().includes(uid); button.setAttribute("aria-pressed", on); words.textContent = on ? button.dataset.on : off; };
  button.addEventListener("click", () => { const uids = known(); keep(uids.includes(uid) ? uids.filter((u) => u !== uid) : [...uids, uid]); show(); });
  button.closest("li").hidden = false;
  show();
}

const mine = document.querySelector("[data-mine]");
if (mine) {
  const there = new Set([...mine.querySelectorAll("[data-event]")].map((line) => line.dataset.event));
  const wanted = known().filter((uid) => !there.has(uid));
  const found = await Promise.all(wanted.map((uid) => fetch(`${mine.dataset.base}${uid}.json`).then((r) => r.ok ? r.json() : null, () => null)));
  const list = mine.querySelector("ol") || document.createElement("ol");
  list.className = "line gap-t";
  list.dataset.kind = "event";
  if (found.some(Boolean)) mine.append(list);
  for (const item of found.filter(Boolean).sort((a, b) => a.starts_at < b.starts_at ? -1 : 1)) {
    const line = document.createElement("li"), when = document.createElement("p"), title = document.createElement("h3"), link = document.createElement("a");
    when.className = "t";
    when.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" }).format(new Date(item.starts_at));
    link.href = new URL(item.url).pathname;
    link.textContent = item.title;
    title.append(link);
    line.append(when, title);
    list.append(line);
    const empty = document.querySelector("[data-empty]");
    if (empty) empty.hidden = true;
  }
}
