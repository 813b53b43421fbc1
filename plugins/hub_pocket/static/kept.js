// The page of what this device has kept: its list, forgetting it, and the home screen.
import { drop, waiting } from "./outbox.js";

const box = document.getElementById("kept");
const list = document.createElement("ul");
box.querySelector(".acts").before(list);
const forget = document.getElementById("kept-forget");
const install = document.getElementById("kept-install");

async function show() {
  const found = [];
  const cache = await caches.open("pocket-read");
  for (const request of await cache.keys()) {
    const answer = await cache.match(request, { ignoreVary: true });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const link = Object.assign(document.createElement("a"), { href: request.url, textContent: page.querySelector("h1")?.textContent.trim() || page.title });
    link.lang = page.documentElement.lang;
    const day = Object.assign(document.createElement("span"), { className: "small" });
    day.textContent = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), { dateStyle: "long", timeStyle: "short" }).format(new Date(answer.headers.get("Kept-Since"))).replace(/\sг\./, "");
    const line = document.createElement("li");
    line.append(link, " ", day);
    found.unshift(line);
  }
  list.replaceChildren(...found);
  box.querySelector("[data-empty]").hidden = found.length > 0;
  forget.hidden = !found.length;
}

// what waits to be sent
async function showOutbox() {
  const section = document.getElementById("outbox");
  const found = await waiting();
  const lines = section.querySelector("ul") ?? section.appendChild(document.createElement("ul"));
  lines.replaceChildren(...found.map(({ key, title, form }) => {
    const line = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn alt small", textContent: section.dataset.delete });
    button.setAttribute("aria-label", `${section.dataset.delete}: ${title}`);
    button.addEventListener("click", async () => {
      await drop(key);
      await showOutbox();
      section.querySelector("h2").focus();
    });
    line.append(Object.assign(document.createElement("a"), { href: `${form}?outbox=${key}`, textContent: title }), " ", button);
    return line;
  }));
  section.hidden = !found.length;
}

if ("caches" in window && navigator.serviceWorker) {
  box.hidden = false;
  await show();
  await showOutbox();
  forget.addEventListener("click", async () => {
    await caches.delete("pocket-read");
    await show();
    box.querySelector("[data-empty]").focus();
  });
}

addEventListener("beforeinstallprompt", (event) => {
  install.hidden = false;
  install.onclick = () => event.prompt();
});
