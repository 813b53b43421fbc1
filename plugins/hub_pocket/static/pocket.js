// Starts the service worker when the page is there and the browser has time; forms that wait for a network only where there are some.
const { worker } = document.querySelector("script[data-worker]").dataset;
if (navigator.serviceWorker) {
  addEventListener("load", () => navigator.serviceWorker.register(worker).catch(() => null));
  if (document.querySelector("form[data-later]") || (await caches.has("pocket-outbox"))) import("./outbox.js");
}
