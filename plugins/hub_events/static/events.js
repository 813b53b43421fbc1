// Events: the reader's own time beside the event's, players that load after a click, a programme kept in this browser.
const KEY = "hub-events";
const known = () => { try { return JSON.parse(localStorage.getItem(KEY)) || []; } catch { return []; } };
const keep = (uids) => { try { localStorage.setItem(KEY, JSON.stringify(uids.slice(-300))); } catch { /* a full or closed store */ } };

for (const time of document.querySelectorAll("time[data-here]")) {
  const start = new Date(time.dateTime), end = new Date(time.dataset.until);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const said = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), { dateStyle: "long", timeStyle: "short" }).formatRange(start, end).replace(/\sг\./, "");
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

// The page itself is asked again, with what is kept here: lines, hours and what was cancelled are said as everywhere.
const mine = document.querySelector("[data-mine]");
if (mine && known().length) {
  const asked = await fetch(`${location.pathname}?uid=${known().slice(-100)}`).then((r) => r.ok ? r.text() : "", () => "");
  const lines = new DOMParser().parseFromString(asked, "text/html").querySelector("[data-mine] > ol");
  const empty = document.querySelector("[data-empty]");
  if (lines) mine.replaceChildren(lines);
  if (lines && empty) empty.hidden = true;
}
