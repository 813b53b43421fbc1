// The site has switched the pocket copy off: whatever a device has kept goes, and this worker with it.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("pocket-")) await caches.delete(name);
  await registration.unregister();
})()));
