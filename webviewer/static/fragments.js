// Pieces of pages that our own server sends: the one place where text becomes elements.

import { ROOT } from "./data.js";
import { here, leaveFor } from "./viewer.js";

const policy = globalThis.trustedTypes?.createPolicy("viewer", { createHTML: (html) => html });

/** What a piece of a page holds. */
function read(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return template.content;
}

/**
 * Ask for a piece of a page, by its path below data/; where it is locked meanwhile, the page goes.
 * @returns {Promise<{content: DocumentFragment, headers: Headers}>}
 */
export async function bring(path, signal) {
  const answer = await fetch(ROOT + path, { signal });
  if (answer.status === 423) leaveFor(here());
  if (!answer.ok) throw new Error(`${answer.status}`);
  return { content: read(await answer.text()), headers: answer.headers };
}
