// What lies under the places of every map: land, and tiles where the settings name some; and whose the wheel is.

export async function background(map, data, words, say) {
  const L = window.L; // looked up here: forms load it late
  const pane = map.createPane("land");
  pane.style.zIndex = 150;
  if (data.own) own(map, data, words, say);
  if (data.tiles) {
    const tiles = L.tileLayer(data.tiles, { maxNativeZoom: Number(data.deepest), maxZoom: 19, referrerPolicy: "strict-origin-when-cross-origin" });
    let lost = 0;
    tiles.on("tileerror", () => { if (++lost === 3) say(words.tiles, true); });
    tiles.addTo(map);
  }
  try {
    const land = pieces((await (await fetch(data.land)).json()).coordinates);
    const drawn = new Set();
    const draw = async () => {
      const view = map.getBounds();
      for (const turn of [0, -360, 360]) { // the same land again east and west of the date line, once somebody looks there (outlines lead up to 200°)
        if (drawn.has(turn) || view.getEast() < turn - 200 || view.getWest() > turn + 200) continue;
        drawn.add(turn);
        for (const coordinates of land) {
          L.geoJSON({ type: "MultiPolygon", coordinates }, { pane: "land", interactive: false, style: { className: "land", fillOpacity: 1 }, coordsToLatLng: ([lon, lat]) => L.latLng(lat, lon + turn) }).addTo(map);
          await new Promise((done) => setTimeout(done)); // the page answers in between
        }
      }
    };
    map.on("moveend", draw);
    await draw();
  } catch { /* the places are there all the same */ }
}

// outlines in portions of about as many points as a phone draws without stopping
function pieces(outlines) {
  const found = [[]];
  let points = 0;
  for (const outline of outlines) {
    if (points > 800) {
      found.push([]);
      points = 0;
    }
    found.at(-1).push(outline);
    points += outline.reduce((sum, ring) => sum + ring.length, 0);
  }
  return found;
}

// the page's own scrolling is never taken: the wheel zooms with Ctrl alone
export function wheel(map, words, say) {
  let told = false;
  map.getContainer().addEventListener("wheel", (event) => {
    if (!event.ctrlKey) {
      if (!told) say(words.wheel);
      told = true;
      return;
    }
    event.preventDefault();
    map.setZoomAround(map.mouseEventToContainerPoint(event), map.getZoom() - Math.sign(event.deltaY));
  }, { passive: false });
}

// vector tiles of a file that the hub itself serves, in the language and the light of the page
async function own(map, data, words, say) {
  try {
    const head = await fetch(data.own, { headers: { Range: "bytes=0-126" } });
    if (!head.ok) throw new Error(head.status);
    await script(data.reader);
    const flavor = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const address = new URL(data.own, location.href).href;
    const deepest = new Uint8Array(await head.arrayBuffer())[101];
    window.protomapsL.leafletLayer({ url: address, flavor, maxDataZoom: deepest, lang: document.documentElement.lang, attribution: "" }).addTo(map);
  } catch {
    say(words.tiles, true);
  }
}

const loading = new Map();
// a script of this site, once
export function script(address) {
  if (!loading.has(address)) {
    loading.set(address, new Promise((done, failed) => {
      const made = document.createElement("script");
      made.src = address;
      made.onload = done;
      made.onerror = failed;
      document.head.append(made);
    }));
  }
  return loading.get(address);
}
