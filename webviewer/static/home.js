// Charts that the overview had no time for: they come as soon as they are counted.

import { bring } from "./fragments.js";

const place = document.querySelector("[data-charts]");
if (place) {
  bring("charts/").then(({ content }) => place.replaceChildren(content)).catch(() => {});
}
