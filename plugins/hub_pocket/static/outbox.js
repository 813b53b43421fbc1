// Forms that can wait for a network (`data-later`: the seconds a person needs at least). What is sent without one is kept on this
// device and goes out once there is one. Each carries a key (`once`), so that a repeat after a lost answer makes nothing twice.
const STORE = "pocket-outbox"; // a cache like the others, so that it goes with them
const site = document.querySelector("script[data-worker]").dataset;
const address = (key) => `/pocket/outbox/${key}`;
const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
const reachable = () => fetch(site.worker, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(5000) }).then(() => true, () => false);

let told;
async function words() { // they stand on the page of what is kept, which this device has
  const page = (await caches.match(site.page, { ignoreVary: true })) ?? (await fetch(site.page));
  told ??= JSON.parse(parsed(await page.text()).getElementById("outbox").dataset.words);
  return told;
}

export async function waiting() {
  const cache = await caches.open(STORE), found = [];
  for (const request of await cache.keys()) {
    const { headers } = await cache.match(request);
    const [title, form] = ["Title", "Form"].map((name) => decodeURI(headers.get(name)));
    found.push({ key: request.url.split("/").at(-1), title, form, stuck: headers.has("Stuck") });
  }
  return found;
}

export const drop = async (key) => (await caches.open(STORE)).delete(address(key));
const content = async (key) => (await (await caches.open(STORE)).match(address(key)))?.formData();

async function keep(key, title, form, body, stuck = false) {
  const answer = new Response(body);
  answer.headers.set("Title", encodeURI(title));
  answer.headers.set("Form", encodeURI(form));
  if (stuck) answer.headers.set("Stuck", "1");
  await (await caches.open(STORE)).put(address(key), answer);
}

function tell(before, kind, text, link) {
  const note = Object.assign(document.createElement("p"), { className: `note ${kind} gap-s`, tabIndex: -1 });
  note.setAttribute("role", "status");
  before.before(note);
  requestAnimationFrame(() => note.append(text, " ", ...(link ? [Object.assign(document.createElement("a"), link)] : [])));
  return note;
}

function tellOnTop(kind, text, link) {
  const box = Object.assign(document.createElement("div"), { className: "wrap" });
  document.getElementById("main").prepend(box);
  tell(box.appendChild(document.createElement("span")), kind, text, link);
}

// -- a form is sent
async function submitted(event, form) {
  const button = event.submitter;
  if (form.dataset.goes || button?.value !== "send") return;
  event.preventDefault();
  const online = await reachable();
  if (!online && (await incomplete(form))) return;
  const key = form.dataset.key ?? crypto.randomUUID();
  if (!online || form.dataset.key) await keepForm(form, key);
  if (online) {
    form.dataset.goes = "1";
    form.requestSubmit(button);
    delete form.dataset.goes;
    return;
  }
  const said = await words();
  tell(form, "ok", said.kept, { href: site.page, textContent: said.list }).focus();
  form.remove();
  tryFlush();
}

// The server can't look at it now: at least what must be there (`data-needs`: names of fields) is.
async function incomplete(form) {
  const needed = (form.dataset.needs ?? "").split(" ").map((name) => form.elements[name]);
  const empty = needed.find((control) => control?.value?.trim() === "");
  if (empty) {
    empty.setCustomValidity((await words()).needed);
    empty.addEventListener("input", () => empty.setCustomValidity(""), { once: true });
  }
  return !form.reportValidity();
}

async function keepForm(form, key) {
  const body = new FormData(form);
  for (const input of form.querySelectorAll("[data-fresh]")) body.delete(input.name);
  for (const [name, value] of [...body]) if (value instanceof File && !value.size) body.delete(name);
  body.set("once", key);
  const title = form.querySelector("input[name^='title.']")?.value || document.querySelector("h1").textContent.trim();
  await keep(key, title, form.dataset.form ?? location.pathname, body);
}

// -- there is a network
let again;
const tryFlush = () => flush().catch(() => null);

async function flush() {
  clearTimeout(again);
  if (!(await waiting()).some((one) => !one.stuck)) return;
  again = setTimeout(tryFlush, 10_000); // browsers do not always tell that there is a network again
  if (!(await reachable())) return;
  await navigator.locks.request(STORE, { ifAvailable: true }, async (lock) => {
    if (lock) for (const one of await waiting()) if (!one.stuck) await send(one);
  });
}

async function send({ key, title, form }) {
  const shown = await fetch(form, { cache: "no-store" });
  if (shown.headers.has("Kept-Since")) return; // the network went again: this is the form as it was kept, whose token fits nobody
  const fresh = parsed(await shown.text()).querySelector("form[data-later]");
  let answer;
  if (fresh) {
    await new Promise((done) => setTimeout(done, 1000 * Number(fresh.dataset.later) + 500));
    const body = await content(key);
    if (!body) return; // somebody deleted it in the meantime
    for (const input of fresh.querySelectorAll("[data-fresh]")) body.set(input.name, input.value);
    answer = await fetch(form, { method: "POST", body });
    if (answer.status === 429 || answer.status >= 500) return; // the next page tries again
  } else if (shown.status >= 500) return;
  const said = await words();
  if (answer?.ok && answer.redirected) {
    await drop(key);
    tellOnTop("ok", said.sent.replace("{}", title), { href: answer.url, textContent: said.see });
  } else {
    await keep(key, title, form, await content(key), true);
    tellStuck(said, { key, title, form });
  }
}

const tellStuck = (said, { key, title, form }) => tellOnTop("warn", said.stuck.replace("{}", title), { href: `${form}?outbox=${key}`, textContent: said.look });

// -- one that could not go as it is: its form, filled in again
async function fill(form, key) {
  const body = await content(key);
  if (!body) return;
  form.dataset.key = key;
  form.dataset.form = location.pathname;
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "once", value: key }));
  for (const control of form.elements) {
    const values = control.name ? body.getAll(control.name) : [];
    if (!values.length || control.type === "hidden" || control.type === "submit") continue;
    if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
    else if (control.type === "file") {
      const files = new DataTransfer();
      for (const file of values) files.items.add(file);
      control.files = files.files;
    } else control.value = values[0];
    if (control.value) for (let part = control.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  }
}

const form = document.querySelector("form[data-later]");
if (form) {
  form.addEventListener("submit", (event) => submitted(event, form));
  const key = new URLSearchParams(location.search).get("outbox");
  if (key) await fill(form, key);
  if (!(await reachable())) tell(form, "warn", (await words()).later);
}
addEventListener("online", tryFlush);
const stuck = (await waiting()).filter((one) => one.stuck && !location.search.includes(one.key));
if (stuck.length) for (const one of stuck) tellStuck(await words(), one);
tryFlush();
