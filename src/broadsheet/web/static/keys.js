// Keys for those who like them. Every page works without this file; `?` lists the keys and turns them off.
"use strict";

const STORE = "broadsheet-keys";
const dialog = document.getElementById("keys");
const switcher = document.getElementById("keys-on");
const opener = document.getElementById("show-keys");
let waitingForPlace = false;

const remembered = () => {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true; // storage may be forbidden; the keys work until the page is left
  }
};
let on = remembered();
switcher.checked = on;
opener.hidden = false;
opener.addEventListener("click", () => dialog.showModal());
switcher.addEventListener("change", () => {
  on = switcher.checked;
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // as above
  }
});

const papers = () => [...document.querySelectorAll("article.card :is(h2, h3) > a")];

function step(by) {
  const all = papers();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next.focus();
  next.closest("article").scrollIntoView({ block: "nearest" });
}

const follow = (selector) => {
  const link = document.querySelector(selector);
  if (link) location.href = link.href;
};

const actions = {
  j: () => step(1),
  k: () => step(-1),
  o: () => {
    if (papers().includes(document.activeElement)) document.activeElement.click();
  },
  n: () => follow("link[rel=next], .pager a[rel=next]"),
  p: () => follow("link[rel=prev], .pager a[rel=prev]"),
  g: () => {
    waitingForPlace = true;
  },
  "/": () => document.querySelector(".find input").focus(),
  "?": () => dialog.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
  if (!on || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (waitingForPlace) {
    waitingForPlace = false;
    if (event.key === "t" || event.key === "a") follow(`[data-key="${event.key}"]`);
    return;
  }
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
