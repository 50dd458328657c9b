// Builds what the server sends, node by node. Nothing here ever reads HTML: a tag or an attribute that
// is not named below does not come into the page.

const TAGS = new Set(("a article aside bdi blockquote br button code dd details div dl dt em form h1 h2 h3 h4 h5 h6 "
  + "hr input label li main mark nav ol option p pre s section select small span strong summary table "
  + "tbody td textarea th thead tr ul").split(" "));
const ATTRIBUTES = new Set(("autocomplete checked class colspan dir disabled for hidden id lang max maxlength method min "
  + "name open placeholder required role rows selected start tabindex title type value").split(" "));

function isOurs(address) {
  return /^[/?#]/.test(address) && new URL(address, location.href).origin === location.origin;
}

function attribute(element, name, value) {
  const safe = ATTRIBUTES.has(name) || name.startsWith("aria-") || name.startsWith("data-")
    || ((name === "href" || name === "action") && isOurs(value));
  if (safe) element.setAttribute(name, value);
}

export function build(tree) {
  const whole = document.createDocumentFragment();
  for (const node of tree) {
    if (typeof node === "string") {
      whole.append(node);
      continue;
    }
    const [tag, attributes, children] = node;
    if (!TAGS.has(tag)) continue;
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
    element.append(build(children));
    whole.append(element);
  }
  return whole;
}

let hiding;

export function tell(content) {
  const toast = document.getElementById("toast");
  toast.replaceChildren(content);
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { toast.hidden = true; }, 6000);
}

// Asks the server for a fragment. What went wrong is told, and null given back.
export async function fetchTree(address, options = {}) {
  let response;
  try {
    response = await fetch(address, { ...options, headers: { "X-Fragment": "1", ...options.headers } });
    const data = await response.json();
    if (response.ok) return data;
    if (data.tree) tell(build(data.tree));
    else tell(data.error?.what ?? "That could not be done.");
  } catch {
    tell("The server cannot be reached. What you wrote is still here; try again.");
  }
  return null;
}
