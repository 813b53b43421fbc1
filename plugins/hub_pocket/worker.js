// Pages come from the network whenever there is one. Of public pages that were read, the last ones are kept for when there is
// none; nothing that a server marks "no-store" (every page of somebody signed in) is kept, and signing out forgets the rest.
const OWN = "pocket-own", READ = "pocket-read", PARTS = "pocket-parts";
const MOST = { [READ]: 40, [PARTS]: 200 };
const AGAIN = 3600_000; // what plugins declare is fetched anew when it is older than this

addEventListener("install", (event) => event.waitUntil(ready(true).then(skipWaiting)));

addEventListener("activate", (event) => event.waitUntil((async () => {
  await registration.navigationPreload?.enable();
  await clients.claim();
})()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (url.pathname === POCKET.signout) event.respondWith(forget().then(() => fetch(request)));
  else if (request.method !== "GET") return;
  else if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (url.pathname.startsWith(POCKET.media) || (url.pathname.startsWith(POCKET.static) && url.searchParams.has("v"))) event.respondWith(lasting(request));
  else if (url.pathname.startsWith(POCKET.static)) event.respondWith(part(request));
  else if (declared(url)) event.respondWith(fetch(request).catch(() => kept(request)));
});

const declared = (url) => Object.values(POCKET.sets).flat().some((address) => new URL(address, location).pathname === url.pathname);

async function forget() {
  for (const name of await caches.keys()) if (name.startsWith("pocket-")) await caches.delete(name);
}

async function put(name, address, answer) {
  const cache = await caches.open(name);
  await cache.delete(address, { ignoreVary: true }); // so that the order is that of reading
  await cache.put(address, answer);
  const addresses = await cache.keys();
  for (const old of addresses.slice(0, Math.max(0, addresses.length - (MOST[name] ?? 1000)))) await cache.delete(old, { ignoreVary: true });
}

// Something to keep, asked for as a visitor.
async function bring(address) {
  const answer = await fetch(address, { credentials: "omit" });
  if (!answer.ok) return;
  if (answer.headers.get("Content-Type")?.startsWith("text/html")) await bringParts(await answer.clone().text());
  await put(OWN, address, answer);
}

// The files that a page is drawn with, as far as they have a lasting address.
async function bringParts(html) {
  for (const [, file] of html.matchAll(/="([^"]+\?v=[^"]+)"/g)) {
    if (file.startsWith(POCKET.static)) await lasting(new Request(file.replaceAll("&amp;", "&"))).catch(() => null);
  }
}

async function ready(anew) {
  const own = await caches.open(OWN);
  for (const address of Object.values(POCKET.pages)) if (anew || !(await own.match(address))) await bring(address);
}

async function bringSet(opened) {
  const own = await caches.open(OWN);
  for (const address of POCKET.sets[opened] ?? []) {
    const before = await own.match(address);
    if (!before || Date.now() - Date.parse(before.headers.get("Date")) > AGAIN) await bring(address).catch(() => null);
  }
}

async function page(event, url) {
  let answer;
  try {
    answer = (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return without(url);
  }
  if (event.request.destination === "document") event.waitUntil(keep(url, answer.clone()));
  return answer;
}

async function keep(url, answer) {
  if (!answer.ok || answer.redirected || !answer.headers.get("Content-Type")?.startsWith("text/html")) return;
  if (!/no-cache/.test(answer.headers.get("Cache-Control"))) return;
  const html = await answer.clone().text();
  if (!html.includes("data-worker")) { // the site has switched this off
    await forget();
    await registration.unregister();
    return;
  }
  await put(READ, url.pathname + url.search, answer);
  await bringParts(html);
  await ready(false).catch(() => null);
  await bringSet(url.pathname);
}

const kept = async (request) => (await caches.match(request, { ignoreVary: true })) ?? (await caches.match(request, { ignoreVary: true, ignoreSearch: true })) ?? Response.error();

async function lasting(request) {
  const before = await caches.match(request, { ignoreVary: true });
  if (before) return before;
  const answer = await fetch(request);
  if (answer.ok && answer.status === 200) put(PARTS, request.url, answer.clone()).catch(() => null);
  return answer;
}

async function part(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.status === 200) put(PARTS, request.url, answer.clone()).catch(() => null);
    return answer;
  } catch {
    return kept(request);
  }
}

// No network: the page as it was read, with its day; else the page of what is kept.
async function without(url) {
  const languages = Object.keys(POCKET.pages);
  const language = languages.find((code) => url.pathname.startsWith(`${POCKET.root}${code}/`)) ?? languages[0];
  const words = POCKET.words[language];
  const address = url.pathname + url.search;
  const read = (await (await caches.open(READ)).match(address, { ignoreVary: true })) ?? (await caches.match(address, { ignoreVary: true }));
  if (read && url.pathname !== POCKET.pages[language]) {
    const day = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(read.headers.get("Date")));
    return marked(read, words.kept.replace("{}", day), 200);
  }
  const own = await caches.match(POCKET.pages[language], { ignoreVary: true });
  return own ? marked(own, read ? words.none : words.missing, read ? 200 : 503) : Response.error();
}

async function marked(answer, text, status) {
  const html = (await answer.text()).replace(/<main[^>]*>/, (main) => `${main}<div class="wrap"><p class="note warn gap-s" role="status">${text}</p></div>`);
  return new Response(html, { status, headers: answer.headers });
}
