// A thumbnail that doesn't come: a sign and words in its place, and all else works on.

import { icon, made } from "./dom.js";

const OURS = 'img[src^="/viewer/thumb/"]';
const WORDS = "can't be shown";

function replace(image) {
  const sign = made("span", { className: "blank unshown", title: "'fapproc check' says what is wrong with it." },
    icon("alert"), made("span", { className: "word" }, WORDS));
  sign.setAttribute("role", "img");
  sign.setAttribute("aria-label", [image.alt, WORDS].filter(Boolean).join(": "));
  image.replaceWith(sign);
}

document.addEventListener("error", ({ target }) => target.matches?.(OURS) && replace(target), true);
for (const image of document.querySelectorAll(OURS)) {
  if (image.complete && !image.naturalWidth && image.currentSrc) replace(image); // it failed before this was there
}
