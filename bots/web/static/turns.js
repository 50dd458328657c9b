// Asking, and hearing an answer come. The server keeps question and answer; this only shows them, so a
// reload or a lost line loses nothing.

import { build, fetchTree } from "./nodes.js";

const TRIES = 5;

function first(tree) {
  return build(tree).firstElementChild;
}

function atEnd() {
  return window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 160;
}

function replaceTurn(article, tree) {
  const fresh = first(tree);
  if (!fresh) return;
  const stay = atEnd();
  const focused = article.contains(document.activeElement);
  article.replaceWith(fresh);
  follow(fresh);
  if (focused) fresh.querySelector("button, a, summary")?.focus({ preventScroll: true });
  if (stay) fresh.scrollIntoView({ block: "end" });
}

// Follows an answer up to its end. The browser comes back by itself with the number it heard last.
export function follow(article) {
  const address = article.dataset.stream;
  if (!address) return;
  const stream = new EventSource(address);
  let failures = 0;
  const doing = article.querySelector("[data-doing]");
  const text = article.querySelector("[data-text]");
  stream.addEventListener("status", (event) => {
    failures = 0;
    if (doing) doing.textContent = JSON.parse(event.data).text;
  });
  stream.addEventListener("text", (event) => {
    failures = 0;
    const stay = atEnd();
    text?.replaceChildren(build(JSON.parse(event.data).tree));
    if (stay) text?.scrollIntoView({ block: "end" });
  });
  stream.addEventListener("end", (event) => {
    stream.close();
    replaceTurn(article, JSON.parse(event.data).tree);
  });
  stream.addEventListener("error", async () => {
    failures += 1;
    if (doing) doing.textContent = "The line was lost. Coming back…";
    if (failures < TRIES && stream.readyState !== EventSource.CLOSED) return;
    stream.close();
    const data = await fetchTree(`/turns/${article.dataset.turn}`);
    if (data) replaceTurn(article, data.tree);
  });
}

function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}

function keepPlace(conversation) {
  const composer = document.querySelector("[data-composer]");
  if (composer && !composer.elements.conversation.value) {
    composer.elements.conversation.value = conversation;
    history.pushState({}, "", `/c/${conversation}`);
  }
}

export async function ask(form) {
  if (form.dataset.sending) return;
  const log = document.getElementById("log");
  const again = form.dataset.ask;
  const body = new FormData(form);
  if (!again && !String(body.get("question")).trim()) return;
  form.dataset.sending = "1";
  const data = await fetchTree(form.action, { method: "POST", body: new URLSearchParams(body) });
  delete form.dataset.sending;
  if (!data) return;
  document.getElementById("welcome")?.remove();
  keepPlace(data.conversation);
  const old = document.getElementById(`turn-${data.turn}`);
  if (old) {
    replaceTurn(old, data.tree);
  } else {
    const article = first(data.tree);
    log.append(article);
    follow(article);
    article.scrollIntoView({ block: "end" });
  }
  if (form.matches("[data-composer]")) {
    form.elements.question.value = "";
    form.elements.key.value = freshKey();
  }
}

export async function replace(form, submitter) {
  const body = new FormData(form, submitter);
  const data = await fetchTree(form.action, { method: "POST", body: new URLSearchParams(body) });
  const article = document.getElementById(`turn-${form.dataset.replace}`);
  if (data && article) replaceTurn(article, data.tree);
}

export async function stop(form) {
  await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
}
