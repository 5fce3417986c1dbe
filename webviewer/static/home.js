// What the overview had no time for: it comes as soon as it is counted.

import { givenUp } from "./again.js";
import { ask } from "./data.js";
import { made } from "./dom.js";
import { bring } from "./fragments.js";

const place = document.querySelector("[data-charts]");

async function fill() {
  try {
    place.replaceChildren((await bring("charts/")).content);
  } catch {
    place.replaceChildren(givenUp(fill));
  }
}

async function count(button) {
  const { status, body } = await ask("GET", "same/");
  if (status !== 200) return;
  const many = new Intl.NumberFormat("en").format(body.groups);
  button.hidden = body.groups === 0;
  button.replaceChildren(made("strong", {}, many), ` ${body.groups === 1 ? "differs" : "differ"} only in size`);
}

if (place) fill();
const same = document.querySelector("[data-same]");
if (same) count(same);
