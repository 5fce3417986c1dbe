// What does not come is asked for again, later each time; after that only when a person says so.

import { made } from "./dom.js";

const FIRST = 1000; // milliseconds
const MOST = 5; // 1, 2, 4, 8 and 16 s: a viewer that is started again answers by then

/** Milliseconds to wait after so many failures; null: no longer by itself. */
export const pause = (failures) => (failures > MOST ? null : FIRST * 2 ** (failures - 1));

function button(act) {
  const found = made("button", { type: "button" }, "Try again");
  found.addEventListener("click", act);
  return found;
}

/** Wait after so many failures; at last for a person, who finds a button in `place`. */
export function patience(failures, place) {
  const wait = pause(failures);
  return new Promise((go) => {
    if (wait === null) place.append(" ", button(go));
    else setTimeout(go, wait);
  });
}

/** A sentence and a button in place of what did not come. */
export function givenUp(act) {
  const found = made("p", { className: "given-up" }, "The viewer does not answer. ", button(act));
  found.setAttribute("role", "status");
  return found;
}
