// A map under the hand: drag to move it, and its own keys. Without this file the links above it do the same.
"use strict";

const map = document.getElementById("map");

if (map) {
  const box = map.viewBox.baseVal;
  const whole = { width: Number(map.dataset.width), height: Number(map.dataset.height) };
  let held = null;

  const within = (value, size, all) => Math.min(Math.max(value, 0), all - size);
  map.addEventListener("pointerdown", (event) => {
    if (event.button || box.width >= whole.width) return;
    held = { x: event.clientX, y: event.clientY, left: box.x, top: box.y, moved: false };
  });
  map.addEventListener("pointermove", (event) => {
    if (!held) return;
    const scale = box.width / map.clientWidth;
    const right = (held.x - event.clientX) * scale;
    const down = (held.y - event.clientY) * scale;
    if (Math.abs(right) + Math.abs(down) > 4 * scale) held.moved = true;
    box.x = within(held.left + right, box.width, whole.width);
    box.y = within(held.top + down, box.height, whole.height);
  });
  addEventListener("pointerup", () => {
    if (held && held.moved) {
      const middle = new URLSearchParams(location.search);
      middle.set("x", (box.x + box.width / 2).toFixed(1));
      middle.set("y", (box.y + box.height / 2).toFixed(1));
      location.search = middle; // the page shows the titles and the list of what is in sight now
    }
    held = null;
  });
  map.addEventListener("dragstart", (event) => event.preventDefault());
  map.addEventListener("click", (event) => {
    if (held && held.moved) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow") && !map.contains(event.target)) return; // a page scrolls with arrows
    const link = document.querySelector(`[data-map="${CSS.escape(event.key)}"]`);
    if (!link) return;
    event.preventDefault();
    location.href = link.href;
  });
}
