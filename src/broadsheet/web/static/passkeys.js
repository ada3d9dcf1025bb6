// Passkeys: asks the browser for one, and hands what it says to the house. Everything else works without this.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const named = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

async function send(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      "Accept": "application/json",
      "Content-Type": "application/json",
      "X-CSRF-Token": document.querySelector("meta[name=csrf]").content,
    },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

const described = (credential) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: Object.fromEntries(
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
      .filter((name) => credential.response[name])
      .map((name) => [name, text(credential.response[name])]),
  ),
});

async function add(place) {
  const { options, state } = await send(place.dataset.begin, {});
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
    },
  });
  const label = place.querySelector("input").value;
  return send(place.dataset.finish, { credential: described(credential), state, label });
}

async function enter(place) {
  const { options, state } = await send(place.dataset.begin, {});
  const credential = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) },
  });
  return send(place.dataset.finish, { credential: described(credential), state, next: place.dataset.next });
}

function offer(id, ceremony) {
  const place = document.getElementById(id);
  if (!place || !window.PublicKeyCredential) return;
  place.hidden = false;
  const button = place.querySelector("button");
  const status = place.querySelector("[role=status]");
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.textContent = "";
    try {
      location.assign((await ceremony(place)).go);
    } catch (error) {
      // The browser's own words for "the person thought better of it" are no help.
      status.textContent = error.name === "NotAllowedError" ? "No passkey was used." : error.message;
      button.disabled = false;
    }
  });
}

offer("passkey", enter);
offer("new-passkey", add);
