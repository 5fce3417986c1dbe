// Charts that the overview had no time for: they come as soon as they are counted.

import { bring } from "./fragments.js";

const place = document.querySelector("[data-charts]");
if (place) {
  bring(place.dataset.charts).then(({ content }) => place.replaceChildren(content)).catch(() => {});
}
