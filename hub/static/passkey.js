// Passkeys: the page holds what the server asks (data-options); the browser's answer goes back in the form's hidden field.
const form = document.querySelector("form[data-passkey]");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function ask() {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  for (const list of [options.excludeCredentials, options.allowCredentials])
    for (const known of list ?? []) known.id = bytes(known.id);
  const making = form.dataset.passkey === "create";
  if (making) options.user.id = bytes(options.user.id);
  const key = await (making
    ? navigator.credentials.create({ publicKey: options })
    : navigator.credentials.get({ publicKey: options }));
  const { response } = key;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (making) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    answer.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  form.elements.credential.value = JSON.stringify({
    id: key.id, rawId: text(key.rawId), type: key.type, response: answer, extensions: JSON.stringify(key.getClientExtensionResults()),
  });
  form.submit();
}

async function start(event) {
  event?.preventDefault();
  for (const note of form.querySelectorAll("[role=alert]")) note.hidden = true;
  try {
    await ask();
  } catch (error) {
    // there is one already; or cancelled, timed out, no passkey here: the button tries again
    const known = error.name === "InvalidStateError" && document.getElementById("passkey-known");
    (known || document.getElementById("passkey-trouble")).hidden = false;
    form.querySelector("button").hidden = false;
  }
}

if (form && window.PublicKeyCredential) {
  form.addEventListener("submit", start);
  start();
}
