// Saved entries of a browser without an account: their uids, newest first, in its local storage.
const KEY = "hub-saved";

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "[]");
    return Array.isArray(found) ? found.filter((uid) => /^[0-9a-f-]{36}$/.test(uid)) : [];
  } catch {
    return [];
  }
}

function write(uids) {
  try {
    localStorage.setItem(KEY, JSON.stringify(uids.slice(0, 100)));
    return true;
  } catch {
    return false; // no room, or storage is switched off: the button stays as it is
  }
}

function toggle(uid) {
  const before = read();
  return write(before.includes(uid) ? before.filter((other) => other !== uid) : [uid, ...before]);
}

for (const line of document.querySelectorAll("[data-save]")) {
  const label = line.querySelector("span");
  const words = [label.textContent, line.dataset.saved];
  const show = () => {
    const saved = read().includes(line.dataset.save);
    label.textContent = words[Number(saved)];
    line.querySelector("button").setAttribute("aria-pressed", String(saved));
  };
  line.querySelector("button").addEventListener("click", () => {
    toggle(line.dataset.save);
    show();
  });
  show();
  line.hidden = false;
}

const here = document.getElementById("saved-here");
if (here) {
  const empty = here.querySelector("[data-empty]");
  const uids = read();
  if (uids.length) {
    const answer = await fetch(`${here.dataset.lines}?uid=${uids.join(",")}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const line of page.querySelectorAll("[data-uid]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = here.dataset.out;
      button.addEventListener("click", () => {
        toggle(line.dataset.uid);
        line.remove();
        empty.hidden = here.querySelector("[data-uid]") !== null;
      });
      line.append(button);
      here.append(line);
    }
  }
  empty.hidden = here.querySelector("[data-uid]") !== null;
}

const take = document.getElementById("saved-take");
if (take && read().length) {
  take.elements.uid.value = read().join(",");
  take.hidden = false;
  take.addEventListener("submit", () => write([]));
}
