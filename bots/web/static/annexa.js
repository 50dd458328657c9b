// Everything here makes pages quicker that work without it.

import { tell } from "./nodes.js";
import { open, shut } from "./panel.js";
import { ask, follow, replace, stop } from "./turns.js";

const question = document.getElementById("question");

function fill(text) {
  question.value = text;
  question.focus();
  question.setSelectionRange(text.length, text.length);
}

async function copy(link) {
  try {
    const response = await fetch(link.href);
    if (!response.ok) throw new Error(String(response.status));
    await navigator.clipboard.writeText(await response.text());
    tell("Copied with its sources.");
  } catch {
    location.assign(link.href);
  }
}

function upload(form) {
  const progress = form.querySelector("progress");
  const request = new XMLHttpRequest();
  progress.hidden = false;
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) progress.value = (100 * event.loaded) / event.total;
  });
  request.addEventListener("load", () => {
    if (request.status < 400) location.assign("/library/uploads/all");
    else tell("The files were not taken. They may be too large, or the page too old: reload it.");
  });
  request.addEventListener("error", () => tell("The server cannot be reached. Nothing was taken."));
  request.open("POST", form.action);
  request.send(new FormData(form));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const actions = [
    ["[data-ask]", () => ask(form)],
    ["[data-replace]", () => replace(form, event.submitter)],
    ["[data-stop]", () => stop(form)],
    ["[data-upload]", () => upload(form)],
  ];
  const found = actions.find(([selector]) => form.matches(selector));
  if (!found || (form.matches("[data-ask]") && !document.getElementById("log"))) return;
  event.preventDefault();
  found[1]();
});

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a");
  if (!link) return;
  const actions = [
    ["[data-panel]", () => open(link), document.getElementById("panel")],
    ["[data-copy]", () => copy(link), navigator.clipboard],
    ["[data-suggest]", () => fill(link.textContent), question],
    ["[data-edit]", () => fill(link.closest("article").querySelector(".asked p").textContent), question],
  ];
  const found = actions.find(([selector, , needed]) => link.matches(selector) && needed);
  if (!found) return;
  event.preventDefault();
  found[1]();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") shut();
  if (event.target === question && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    question.form.requestSubmit();
  }
});

window.addEventListener("popstate", () => location.reload());

// On narrow screens the menu begins closed.
const drawer = document.querySelector("[data-drawer]");
const narrow = matchMedia("(max-width: 54rem)");
const fold = () => { if (drawer) drawer.open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();

for (const article of document.querySelectorAll("[data-stream]")) follow(article);
if (document.querySelector(".turn")) (document.querySelector(":target") ?? document.querySelector(".turn:last-child"))?.scrollIntoView();
