import { background, wheel } from "./ground.js";

// The drawn map beside the list: counts from the server, names for every marker, focus that comes back.
const L = window.L;
const box = document.getElementById("map");
if (box && L) start();

function start() {
  const words = JSON.parse(box.dataset.words);
  box.closest(".greenmap").hidden = false;
  const status = document.getElementById("map-status");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const touch = matchMedia("(pointer: coarse)").matches;
  const map = L.map(box, {
    scrollWheelZoom: false, zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm,
    dragging: !touch, maxZoom: 19, minZoom: 1, attributionControl: false, zoomControl: false, worldCopyJump: true,
  });
  L.control.zoom({ zoomInTitle: words.zoomin, zoomOutTitle: words.zoomout }).addTo(map);
  scale(map);
  const still = { animate: !calm };
  const [west, south, east, north] = (box.dataset.extent || "-170,-50,190,70").split(",").map(Number);
  const across = west > east ? 360 : 0;
  map.fitBounds([[south, west], [north, east + across]], { maxZoom: 14, padding: [30, 30], animate: false });

  const say = (text, lasting) => {
    status.textContent = text;
    if (lasting) box.dataset.trouble = text;
  };
  background(map, box.dataset, words, say);
  wheel(map, words, say);
  const shown = new Map(); // id of a feature → its marker
  const numbers = new Map([...document.querySelectorAll(".places [data-uid]")].map((li) => [li.dataset.uid, li]));
  let turn = 0, late = null, opener = null;

  async function load() {
    const mine = ++turn;
    late?.abort();
    late = new AbortController();
    const query = new URLSearchParams(box.dataset.query);
    query.set("zoom", map.getZoom());
    const part = windowOf(map);
    if (part) query.set("bbox", part);
    pointAt(part);
    try {
      const answer = await fetch(`${box.dataset.source}?${query}`, { signal: late.signal });
      if (!answer.ok) throw new Error(answer.status);
      const body = await answer.json();
      if (mine !== turn) return; // an answer to a view that is over
      const since = answer.headers.get("Kept-Since"); // from this device (hub_pocket): every place, whatever was asked for
      draw(since && box.dataset.query ? body.features.filter((feature) => numbers.has(feature.properties.uid)) : body.features);
      status.textContent = [since && asOf(since, body), body.total ? "" : words.nothing, box.dataset.trouble].filter(Boolean).join(" ");
    } catch (error) {
      if (error.name !== "AbortError" && mine === turn) status.textContent = navigator.onLine ? words.failed : words.offline;
    }
  }

  function asOf(since, { total, returned }) {
    const day = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), { dateStyle: "long", timeStyle: "short" }).format(new Date(since)).replace(/\sг\./, "");
    return [words.kept.replace("{day}", day), returned < total ? words.part.replace("{returned}", returned).replace("{total}", total) : ""].join(" ");
  }

  function draw(features) {
    const centre = map.getCenter().lng;
    const wanted = new Set();
    const focused = document.activeElement?.classList?.contains("pin");
    const places = features.map((feature) => {
      const [lon, lat] = feature.geometry.coordinates;
      return { feature, at: [lat, lon + 360 * Math.round((centre - lon) / 360)] };
    });
    spread(places.filter(({ feature }) => feature.properties.cluster));
    for (const { feature, at } of places) {
      const key = `${feature.id}:${feature.properties.count || 1}`;
      wanted.add(key);
      if (shown.has(key)) shown.get(key).setLatLng(at);
      else shown.set(key, marker(feature, at));
    }
    for (const [key, old] of shown) {
      if (!wanted.has(key)) {
        old.remove();
        shown.delete(key);
      }
    }
    if (focused && !document.activeElement?.classList?.contains("pin")) box.focus({ preventScroll: true });
  }

  // counted circles that would lie on one another move into their cells of the grid, where no two can
  function spread(circles) {
    for (const circle of circles) Object.assign(circle, { point: map.project(circle.at), room: sizeOf(circle.feature.properties.count) / 2 + 3 });
    const close = (one) => circles.some((other) => other !== one && one.point.distanceTo(other.point) < one.room + other.room);
    let moving = circles;
    do {
      moving = circles.filter((circle) => !circle.moved && close(circle));
      for (const circle of moving) {
        circle.point = inCell(circle);
        circle.at = map.unproject(circle.point);
        circle.moved = true;
      }
    } while (moving.length);
  }

  // the point nearest to a circle's own from which it stands wholly in its cell: c<depth>-<column>-<row>
  function inCell({ feature, at, point, room }) {
    const [depth, column, row] = feature.id.slice(1).split("-").map(Number);
    const degrees = 360 / 2 ** depth, south = (row * degrees) / 2 - 90, west = column * degrees - 180;
    const shift = 360 * Math.round((at[1] - west) / 360);
    const low = map.project([south, west + shift]), high = map.project([south + degrees / 2, west + degrees + shift]);
    const between = (value, from, to) => (to - from < 2 * room ? (from + to) / 2 : Math.max(from + room, Math.min(to - room, value)));
    return L.point(between(point.x, low.x, high.x), between(point.y, high.y, low.y));
  }

  function marker(feature, at) {
    const said = feature.properties;
    const many = said.cluster;
    const line = numbers.get(said.uid);
    const size = many ? sizeOf(said.count) : line ? 32 : 24;
    const text = many ? said.count : line ? line.dataset.n : "";
    const icon = L.divIcon({ html: String(text), iconSize: [size, size], className: `pin ${many ? "many" : line ? "" : "dot"}` });
    const made = L.marker(at, { icon, keyboard: true }).addTo(map);
    const element = made.getElement();
    element.dataset.kind = many ? Object.entries(said.kinds).sort((a, b) => b[1] - a[1])[0][0] : said.kind;
    element.setAttribute("aria-label", many ? said.name : `${text ? `${text}. ` : ""}${[said.title, said.label, said.place].filter(Boolean).join(", ")}`);
    element.title = element.getAttribute("aria-label");
    const act = () => (many ? closer(feature, made) : open(made.getLatLng(), single(said), element));
    made.on("click", act);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    return made;
  }

  function closer(feature, made) {
    const [w, s, e, n] = feature.properties.bbox;
    const same = e - w < 1e-5 && n - s < 1e-5;
    if (same || map.getZoom() >= map.getMaxZoom()) return stack(feature, made);
    const shift = 360 * Math.round((made.getLatLng().lng - w) / 360);
    const zoom = Math.max(map.getZoom() + 1, map.getBoundsZoom([[s, w], [n, e]], false, [60, 60]));
    map.setView([(s + n) / 2, (w + e) / 2 + shift], Math.min(zoom, map.getMaxZoom()), still);
    box.focus({ preventScroll: true });
  }

  // places at one spot: a list of them
  async function stack(feature, made) {
    const query = new URLSearchParams(box.dataset.query);
    query.set("bbox", feature.properties.bbox.join(","));
    const whole = `${box.dataset.list}?${query}`;
    query.set("limit", 20);
    const list = document.createElement("ul");
    try {
      const answer = await fetch(`${box.dataset.source.replace(/geojson$/, "json")}?${query}`);
      for (const item of (await answer.json()).items) {
        const li = document.createElement("li");
        li.append(link(item.url, item.title));
        list.append(li);
      }
    } catch {
      status.textContent = navigator.onLine ? words.failed : words.offline;
    }
    const all = document.createElement("p");
    all.append(link(whole, `${words.all}: ${feature.properties.count}`));
    const body = document.createElement("div");
    body.append(list, all);
    open(made.getLatLng(), body, made.getElement());
  }

  function single(said) {
    const body = document.createElement("div");
    const head = document.createElement("p");
    head.append(said.url ? link(said.url, said.title) : said.title);
    if (said.lang) head.lang = said.lang;
    const meta = document.createElement("p");
    meta.className = "small";
    meta.textContent = [said.label, said.place].filter(Boolean).join(" · ");
    body.append(head, meta);
    return body;
  }

  function open(at, body, from) {
    const popup = L.popup({ closeButton: true, autoPanPadding: [20, 20], minWidth: 160, maxWidth: 260, keepInView: false }).setLatLng(at).setContent(body);
    map.openPopup(popup);
    opener = from;
    const close = popup.getElement().querySelector(".leaflet-popup-close-button");
    close?.setAttribute("aria-label", words.close);
    body.querySelector("a")?.focus({ preventScroll: true });
  }

  map.on("popupclose", () => {
    const back = opener;
    opener = null;
    setTimeout(() => {
      if (document.activeElement && document.activeElement !== document.body && !box.contains(document.activeElement)) return;
      (back?.isConnected ? back : box).focus({ preventScroll: true });
    });
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") map.closePopup();
  });

  for (const li of numbers.values()) {
    if (!li.dataset.lat) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "onmap";
    button.textContent = words.show;
    button.setAttribute("aria-label", `${words.show}: ${li.querySelector("a").textContent}`);
    button.addEventListener("click", () => {
      const at = [Number(li.dataset.lat), Number(li.dataset.lon)];
      map.setView(at, Math.max(map.getZoom(), 13), still);
      const name = li.querySelector("a");
      open(at, single({ url: name.href, title: name.textContent, label: li.querySelector(".meta span").textContent, lang: document.documentElement.lang }), button);
      box.scrollIntoView({ block: "nearest" });
    });
    li.append(button);
  }

  // the part of the map as a list of its own
  function pointAt(part) {
    const here = document.getElementById("map-here");
    if (!here) return;
    const query = new URLSearchParams(box.dataset.query);
    if (part) query.set("bbox", part);
    here.href = `${box.dataset.list}?${query}`;
    here.hidden = !part;
  }

  const near = document.getElementById("map-near");
  if (near && navigator.geolocation) {
    near.hidden = false;
    near.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const query = new URLSearchParams(box.dataset.query);
        query.set("near", `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`);
        location.href = `${box.dataset.list}?${query}`;
      },
      () => { status.textContent = words.nowhere; },
    ));
  }
  // places of other sites (squares) and lines between ours (with a square at their end): drawn only while they are ticked and in
  // sight, counted nowhere
  const others = new Map();
  async function other(input) {
    if (!input.checked) {
      others.get(input)?.group.remove();
      return others.delete(input);
    }
    try {
      const answer = await fetch(input.dataset.layer);
      if (!answer.ok) throw new Error(answer.status);
      others.set(input, { body: await answer.json(), group: L.layerGroup().addTo(map) });
      place(others.get(input));
    } catch {
      input.checked = false;
      status.textContent = navigator.onLine ? words.failed : words.offline;
    }
  }
  function place({ body, group }) {
    group.clearLayers();
    const seen = map.getBounds(), centre = map.getCenter().lng;
    const turned = (lon, by) => lon + 360 * Math.round((by - lon) / 360); // the copy of a point that stands nearest
    const inside = body.features.map((feature) => {
      const line = feature.geometry.type === "LineString" ? feature.geometry.coordinates : [feature.geometry.coordinates];
      const [lon, lat] = line.at(-1), end = turned(lon, centre);
      const path = line.map(([x, y]) => L.latLng(y, turned(x, end)));
      return { at: L.latLng(lat, end), path, said: feature.properties };
    }).filter(({ path }) => seen.intersects(L.latLngBounds(path)));
    for (const { at, path, said } of inside.slice(0, 300)) {
      if (path.length > 1) L.polyline(path, { className: "join", interactive: false }).addTo(group);
      const icon = L.divIcon({ className: "pin other", iconSize: [24, 24] });
      const made = L.marker(at, { icon, keyboard: true, zIndexOffset: -1000 }).addTo(group); // never over our own
      const element = made.getElement();
      element.setAttribute("aria-label", `${said.title}, ${body.name}`);
      element.title = said.title;
      const act = () => open(at, single({ ...said, label: said.text, place: body.attribution ?? "" }), element);
      made.on("click", act);
      element.addEventListener("keydown", (event) => {
        if (event.key === "Enter") act();
      });
    }
    if (inside.length > 300) status.textContent = words.closer;
  }
  for (const input of document.querySelectorAll("[data-layer]")) input.addEventListener("change", () => other(input));
  map.on("moveend", () => others.forEach(place));
  map.on("moveend", load);
  load();
}

function sizeOf(count) {
  return Math.min(56, 34 + 12 * Math.log10(count));
}

// how far it is, in the words of the page's language
function scale(map) {
  const Scale = L.Control.Scale.extend({
    _updateMetric(most) {
      const metres = this._getRoundNum(most), far = metres >= 1000;
      const said = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: far ? "kilometer" : "meter" }).format(far ? metres / 1000 : metres);
      this._updateScale(this._mScale, said, metres / most);
    },
  });
  new Scale({ imperial: false, maxWidth: 150 }).addTo(map);
}

function link(href, text) {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}

// west,south,east,north of what is seen; empty where that is the whole world
function windowOf(map) {
  const seen = map.getBounds();
  if (seen.getEast() - seen.getWest() >= 360) return "";
  const turned = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
  const lat = (value) => Math.max(-90, Math.min(90, value)).toFixed(5);
  return [turned(seen.getWest()).toFixed(5), lat(seen.getSouth()), turned(seen.getEast()).toFixed(5), lat(seen.getNorth())].join();
}
