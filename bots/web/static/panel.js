// The panel beside the page: a source, or a row, without leaving where one is.

import { build, fetchTree } from "./nodes.js";

let opener = null;

export function shut() {
  const panel = document.getElementById("panel");
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
  opener = null;
}

export async function open(link) {
  const panel = document.getElementById("panel");
  const data = await fetchTree(link.href);
  if (!data) return;
  opener?.setAttribute("aria-expanded", "false");
  opener = link;
  link.setAttribute("aria-expanded", "true");
  link.setAttribute("aria-controls", "panel");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "shut quiet";
  button.textContent = "×";
  button.setAttribute("aria-label", "Close");
  button.addEventListener("click", shut);
  panel.replaceChildren(button, build(data.tree));
  panel.hidden = false;
  panel.scrollTop = 0;
  const mark = panel.querySelector("mark");
  if (mark && mark.getBoundingClientRect().bottom > window.innerHeight) mark.scrollIntoView({ block: "center" });
  panel.focus({ preventScroll: true });
}
