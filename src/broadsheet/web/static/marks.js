// Votes and other marks without leaving the page. Every form works without this file.
"use strict";

const spoken = document.createElement("p");
spoken.className = "hidden";
spoken.setAttribute("role", "status");
spoken.setAttribute("aria-live", "polite");
document.body.append(spoken);

const LABELS = { save: ["Save", "Saved"], hide: ["Hide", "Bring back"] };
const STATES = { vote: "voted", save: "saved", hide: "hidden" };

function show(form, signs) {
  for (const button of form.querySelectorAll("button[name=do]")) {
    const kind = button.value.replace(/^un/, "");
    if (!(kind in STATES)) continue;
    const on = signs[STATES[kind]];
    button.value = on ? `un${kind}` : kind;
    button.setAttribute("aria-pressed", String(on));
    if (kind in LABELS) button.textContent = LABELS[kind][Number(on)];
    const count = button.querySelector("[data-count]");
    if (count) count.textContent = String(signs.votes);
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("form.marks") || !button || !/^(un)?(vote|save|hide)$/.test(button.value)) return;
  event.preventDefault();
  const asked = button.value;
  const data = new FormData(form, button);
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const signs = await answer.json();
    document
      .querySelectorAll("form.marks")
      .forEach((other) => other.elements.paper.value === form.elements.paper.value && show(other, signs));
    spoken.textContent =
      asked.endsWith("vote") ? `${signs.votes} ${signs.votes === 1 ? "vote" : "votes"}` : `Done: ${asked}`;
  } catch {
    form.requestSubmit === undefined ? form.submit() : plainly(form, asked);
  } finally {
    button.disabled = false;
    button.focus();
  }
});

// What could not be done quietly is done as a page would do it, which also shows why.
function plainly(form, asked) {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "do";
  field.value = asked;
  form.append(field);
  form.submit();
}

// On the page that tries formulas, the number beside a slider follows it.
for (const slider of document.querySelectorAll(".sliders input[type=range]")) {
  slider.addEventListener("input", () => {
    slider.parentElement.querySelector("output").textContent = slider.value;
  });
}
