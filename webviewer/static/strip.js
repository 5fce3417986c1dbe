// The pictures around one that is opened: small, in a row, each a button that goes to it.

import { made } from "./dom.js";
import { cellAt, size } from "./grid.js";

const AROUND = 6;

export class Strip {
  element = made("div", { className: "strip" });
  #go;
  #at = null;
  #buttons = new Map(); // by place; one that stays in the row keeps its picture

  /** @param {(place: number) => void} go goes to a place. */
  constructor(go) {
    this.#go = go;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Pictures around it");
  }

  /** Show those around a place. */
  async show(place) {
    this.#at = place;
    const places = Array.from({ length: 2 * AROUND + 1 }, (_, each) => place - AROUND + each);
    const there = places.filter((each) => each >= 0 && each < size());
    const cells = await Promise.all(there.map(cellAt));
    if (this.#at !== place) return;
    const kept = new Map();
    cells.forEach((cell, each) => {
      if (cell) kept.set(there[each], this.#buttons.get(there[each]) ?? this.#button(there[each], cell));
    });
    this.#buttons = kept;
    for (const [each, button] of kept) {
      if (each === place) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    this.element.replaceChildren(...kept.values());
  }

  /** Show nothing. */
  clear() {
    this.#at = null;
    this.#buttons.clear();
    this.element.replaceChildren();
  }

  #button(place, cell) {
    const image = cell.querySelector("img");
    const title = image?.alt ?? "";
    // Arrow keys go through the row: it is no place to stop at on the way from button to button.
    const found = made("button", { type: "button", tabIndex: -1, title });
    found.setAttribute("aria-label", `${new Intl.NumberFormat("en").format(place + 1)}: ${title}`);
    if (image) found.append(made("img", { src: image.src, alt: "", draggable: false }));
    found.addEventListener("click", () => this.#go(place));
    return found;
  }
}
