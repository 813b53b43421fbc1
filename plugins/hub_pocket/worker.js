// Pages come from the network whenever there is one. Of public pages that were read, the last ones are kept for when there is
// none; nothing that a server marks "no-store" (every page of somebody signed in) is kept, and signing out forgets the rest.
const OWN = "pocket-own", READ = "pocket-read", PARTS = "pocket-parts";
const MOST = { [READ]: 40, [PARTS]: 200 };
const SINCE = "Kept-Since";
const AGAIN = 3600_000; // what plugins declare is fetched anew when it is older than this

addEventListener("install", (event) => event.waitUntil(bringAll(Object.values(POCKET.pages), true).then(skipWaiting)));

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

// Every answer that is kept says since when; that is asked later, on pages and by scripts.
async function put(name, address, answer) {
  const cache = await caches.open(name);
  const headers = new Headers(answer.headers);
  headers.set(SINCE, new Date().toISOString());
  await cache.delete(address, { ignoreVary: true }); // so that the order is that of reading
  await cache.put(address, new Response(answer.body, { status: answer.status, headers }));
  const addresses = await cache.keys();
  for (const old of addresses.slice(0, Math.max(0, addresses.length - (MOST[name] ?? 1000)))) await cache.delete(old, { ignoreVary: true });
}

// Something to keep, asked for as a visitor.
async function bring(address) {
  const answer = await fetch(address, { credentials: "omit" });
  if (!answer.ok || answer.redirected) return;
  if (answer.headers.get("Content-Type")?.startsWith("text/html")) await bringParts(await answer.clone().text());
  await put(OWN, address, answer);
}

// The files that a page is drawn with, as far as they have a lasting address, and the scripts that these import.
async function bringParts(html) {
  for (const [, file] of html.matchAll(/="([^"]+\?v=[^"]+)"/g)) {
    if (!file.startsWith(POCKET.static)) continue;
    const address = file.replaceAll("&amp;", "&");
    if (await caches.match(address, { ignoreVary: true })) continue;
    await bringPart(address).catch(() => null);
  }
}

async function bringPart(address) {
  const answer = await fetch(address);
  if (!answer.ok) return;
  await put(PARTS, address, answer.clone());
  if (!new URL(address, location).pathname.endsWith(".js")) return;
  for (const [, file] of (await answer.text()).matchAll(/(?:from|import\() ?"(\.\/[\w-]+\.js)"/g)) {
    const imported = new URL(file, new URL(address, location)).pathname;
    if (!(await caches.match(imported, { ignoreVary: true }))) await bringPart(imported).catch(() => null);
  }
}

// The worker's own pages, or what plugins declared, unless it is there and young.
async function bringAll(addresses, anew = false) {
  const own = await caches.open(OWN);
  for (const address of addresses) {
    const before = await own.match(address, { ignoreVary: true });
    if (anew || !before || Date.now() - Date.parse(before.headers.get(SINCE)) > AGAIN) await bring(address).catch(() => null);
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
  const html = await answer.clone().text();
  if (!html.includes("<body data-theme=")) return; // no page of the site, only something it shows
  if (!html.includes("data-worker")) { // the site has switched this off
    await forget();
    await registration.unregister();
    return;
  }
  if (!/no-cache/.test(answer.headers.get("Cache-Control"))) return;
  if (!Object.values(POCKET.pages).includes(url.pathname)) await put(READ, url.pathname + url.search, answer);
  await bringParts(html);
  await bringAll([...Object.values(POCKET.pages), ...(POCKET.sets[url.pathname] ?? [])]);
}

const kept = async (request) => (await caches.match(request, { ignoreVary: true })) ?? (await caches.match(request, { ignoreVary: true, ignoreSearch: true })) ?? Response.error();
const keepable = (answer) => answer.status === 200 && !/no-store|private/.test(answer.headers.get("Cache-Control"));

async function lasting(request) {
  const before = await caches.match(request, { ignoreVary: true });
  if (before) return before;
  const answer = await fetch(request);
  if (keepable(answer)) put(PARTS, request.url, answer.clone()).catch(() => null);
  return answer;
}

async function part(request) {
  try {
    const answer = await fetch(request);
    if (keepable(answer)) put(PARTS, request.url, answer.clone()).catch(() => null);
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
    const day = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(read.headers.get(SINCE)));
    return marked(read, words.kept.replace("{}", day), 200);
  }
  const own = await caches.match(POCKET.pages[language], { ignoreVary: true });
  return own ? marked(own, read ? words.none : words.missing, read ? 200 : 503) : Response.error();
}

async function marked(answer, text, status) {
  const html = (await answer.text()).replace(/<main[^>]*>/, (main) => `${main}<div class="wrap"><p class="note warn gap-s" role="status">${text}</p></div>`);
  return new Response(html, { status, headers: answer.headers });
}
