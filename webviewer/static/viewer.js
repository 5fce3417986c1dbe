// What each page does by itself: leave when the archive is locked, in whichever tab that was.
// Without this all works but that: a tab keeps showing what it shows until something is clicked.

import "./keys.js";
import "./unshown.js";
import { ask } from "./data.js";

const page = document.documentElement;
const tabs = new BroadcastChannel("viewer");

/**
 * Go to an address in place of this page, which the history then knows no more. A page that has
 * something to save yet hears of it, empties itself and leaves when that is done.
 */
export function leaveFor(address) {
  page.hidden = true;
  const isFree = dispatchEvent(new CustomEvent("viewer-leave", { cancelable: true, detail: address }));
  if (isFree) location.replace(address);
}

/** Without what is behind #: to that alone a browser would only scroll. */
export const here = () => location.pathname + location.search;

async function look() {
  const { status, body } = await ask("GET", "session/");
  if (status === 200) wait(body.locks_in);
  else if (status) leaveFor(here());
}

let timer;
function wait(seconds) {
  clearTimeout(timer);
  timer = setTimeout(look, (seconds + 1) * 1000);
}

if (page.dataset.locked) {
  tabs.postMessage("locked");
  tabs.onmessage = ({ data }) => data === "unlocked" && leaveFor(page.dataset.locked);
} else if (page.dataset.locksIn) {
  tabs.postMessage("unlocked");
  tabs.onmessage = ({ data }) => data === "locked" && leaveFor(here());
  wait(Number(page.dataset.locksIn));
  // What comes back from the history, or wakes with the computer, has missed all that.
  addEventListener("pageshow", (event) => event.persisted && look());
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
