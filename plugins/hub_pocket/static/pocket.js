// Starts the service worker when the page is there and the browser has time.
const { worker } = document.querySelector("script[data-worker]").dataset;
if (navigator.serviceWorker) addEventListener("load", () => navigator.serviceWorker.register(worker).catch(() => null));
