// Keys of a picture that was opened: what its links do.

import { bind } from "./keys.js";

const press = (selector) => document.querySelector(selector)?.click();

bind([
  [["\u2190", "ArrowLeft"], "Previous picture", () => press("a[rel=prev]")],
  [["\u2192", "ArrowRight"], "Next picture", () => press("a[rel=next]")],
  [["Escape"], "Back to the album", () => press("a[data-back]")],
]);
