import { background, script, wheel } from "./ground.js";

// A place in a form: a pin on a map, the position of the device, and the server's answer without leaving the page.
// Without this script the form is sent and comes back with the same answer.
const START = [30, 20];
document.querySelectorAll(".spot").forEach(enhance);

function enhance(box) {
  const words = JSON.parse(box.dataset.words);
  const form = box.closest("form");
  const n = box.dataset.n;
  const point = form?.elements[`p.${n}.point`];
  if (!point) return;
  const at = (name) => box.querySelector(`[data-${name}]`);
  const answer = at("answer"), sheet = at("sheet"), open = at("open"), status = at("status");
  const say = (text) => { (sheet.hidden ? answer : status).textContent = text; };
  let map, pin;

  // -- the server's answer, in place
  at("answer").closest(".spot").querySelector("[name=do]").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    if (typeof fetch !== "function" || !window.DOMParser) return;
    event.preventDefault();
    button.disabled = true;
    const sent = new FormData(form);
    for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
    sent.delete(`p.${n}.pick`);
    sent.set("do", button.value);
    try {
      const reply = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: sent });
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const fresh = page.getElementById(box.id);
      if (!fresh) throw new Error(reply.status);
      answer.replaceChildren(...document.importNode(fresh.querySelector("[data-answer]"), true).childNodes);
      if (fresh.dataset.at) show(fresh.dataset.at.split(",").map(Number), false);
      const chosen = answer.querySelector("input:checked");
      if (chosen?.value) picked(chosen);
      answer.querySelector("input")?.focus({ preventScroll: true });
    } catch {
      answer.textContent = navigator.onLine ? words.failed : words.offline;
    }
    button.disabled = false;
  });
  answer.addEventListener("change", (event) => picked(event.target));

  function picked(input) {
    if (!input.value) return;
    point.value = input.value;
    show(input.value.split(",").map(Number), false);
  }

  // a pin that was set by hand wins over a line that was ticked before
  function set(lat, lon) {
    point.value = `${lat.toFixed(6)}, ${lon.toFixed(6)}`;
    for (const input of answer.querySelectorAll("input")) input.checked = !input.value;
    show([lat, lon], true);
  }

  function show([lat, lon], told) {
    box.dataset.at = `${lat},${lon}`;
    if (!map) return;
    if (!pin) {
      const icon = window.L.divIcon({ className: "pin spot-pin", iconSize: [34, 34] });
      pin = window.L.marker([lat, lon], { icon, draggable: true, keyboard: false, title: words.pin, alt: words.pin }).addTo(map);
      pin.on("dragend", () => set(pin.getLatLng().lat, turned(pin.getLatLng().lng)));
    }
    pin.setLatLng([lat, lon]);
    if (!map.getBounds().contains([lat, lon])) map.setView([lat, lon], Math.max(map.getZoom(), 11), { animate: false });
    if (told) status.textContent = words.set.replace("{point}", point.value);
  }

  // -- the map
  open.hidden = false;
  open.addEventListener("click", async () => {
    sheet.hidden = !sheet.hidden;
    open.setAttribute("aria-expanded", String(!sheet.hidden));
    if (sheet.hidden) return;
    await draw();
    sheet.querySelector(".map").focus({ preventScroll: true });
  });

  async function draw() {
    if (map) return map.invalidateSize();
    if (!window.L) await script(box.dataset.leaflet);
    const L = window.L;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const start = box.dataset.at?.split(",").map(Number);
    const near = box.dataset.tiles || box.dataset.own ? 15 : 6; // coasts tell nothing from near
    map = L.map(sheet.querySelector(".map"), {
      scrollWheelZoom: false, zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm, inertia: !calm,
      dragging: true, maxZoom: 19, minZoom: 1, attributionControl: false, zoomControl: false, worldCopyJump: true,
    });
    map.setView(start || START, start ? near : 2);
    L.control.zoom({ zoomInTitle: words.zoomin, zoomOutTitle: words.zoomout }).addTo(map);
    background(map, box.dataset, words, (text) => { status.textContent = text; });
    wheel(map, words, (text) => { status.textContent = text; });
    map.on("click", (event) => set(event.latlng.lat, turned(event.latlng.lng)));
    at("middle").addEventListener("click", () => set(map.getCenter().lat, turned(map.getCenter().lng)));
    if (start) show(start, false);
  }

  // -- the device
  const device = at("device");
  if (navigator.geolocation && window.isSecureContext) {
    device.hidden = false;
    device.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        set(coords.latitude, coords.longitude);
        say(coords.accuracy > 50 ? words.unsure.replace("{metres}", Math.round(coords.accuracy)) : words.set.replace("{point}", point.value));
      },
      () => say(words.nowhere),
      { enableHighAccuracy: true, timeout: 15000 },
    ));
  }
}

const turned = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
