// Keyboard shortcuts: tables bind them, and draw what `?` shows.

import { made } from "./dom.js";

const OFF = "viewer-keys=off";
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select";
const CONTROLS = "a, button, summary, input"; // whose are Enter and Space
const PREFIX = "g";
const PATIENCE = 1500; // milliseconds for the second key
const page = document.documentElement;
const tables = []; // those of dialogs hold there, the others on the page
let prefix = null;
let held = null;
/** A preference is a cookie: what the browser's own stores hold lies on disk for long. */
export const areOn = () => !document.cookie.split("; ").includes(OFF);

/** Whether a key belongs to what has the focus, or to the browser. */
function isNotOurs(event) {
  const { target } = event;
  if (event.defaultPrevented || event.isComposing || event.altKey) return true;
  if (target.closest(FIELDS) || target.isContentEditable) return true;
  if (["Enter", " "].includes(event.key)) return target.closest(CONTROLS) !== null;
  return event.key.startsWith("Arrow") && target.closest("input") !== null;
}

/** The key as a table names it: by its letter, or by its place where the layout has none. */
function nameOf(event) {
  if (event.key === " ") return "Space";
  const latin = /^[\x21-\x7e]$/.test(event.key) || event.key.length > 1;
  const key = latin ? event.key : event.code.replace(/^(Key|Digit)/, "");
  const letter = /^[a-z]$/i.test(key);
  const name = letter ? key.toLowerCase() : key;
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  return command + ((letter || key.length > 1) && event.shiftKey ? "Shift+" : "") + name;
}

/** The row of a key that was pressed in a dialog or, null, on the page; after another one or alone. */
function find(key, dialog) {
  const whole = prefix ? `${prefix} ${key}` : key;
  const rows = tables.filter((each) => each.dialog === dialog).flatMap((each) => each.rows);
  return [whole, rows.find(([keys, , act]) => act && keys.includes(whole)) ?? null];
}

function press(event) {
  if (isNotOurs(event)) return;
  const name = nameOf(event);
  if (name !== "?" && !areOn()) return;
  const [key, row] = find(name, event.target.closest("dialog"));
  prefix = null;
  if (name === PREFIX && !row) {
    prefix = PREFIX;
    setTimeout(() => { prefix = null; }, PATIENCE);
  }
  if (!row) return;
  event.preventDefault();
  if (event.repeat && !event.key.startsWith("Arrow")) return; // only what moves goes on while it is held
  row[2](key);
  if (row[3]) held = { code: event.code, release: row[3] };
}

function release(event) {
  if (!held || (event.type === "keyup" && event.code !== held.code)) return;
  held.release();
  held = null;
}

function drawn({ title, rows }) {
  const lines = rows.map(([keys, what]) => {
    const shown = keys.filter((key) => !/Arrow|^[a-z]?=$/.test(key)).map((key) => made("kbd", {}, key));
    return made("tr", {}, made("th", { scope: "row" }, ...shown), made("td", {}, what));
  });
  return made("section", {}, made("h3", {}, title), made("table", {}, made("tbody", {}, ...lines)));
}

/** Switch single-key shortcuts on or off, here and on all pages. */
export function switchKeys(wanted) {
  document.cookie = `${wanted ? "viewer-keys=on" : OFF}; path=/viewer/; samesite=strict; max-age=31536000`;
  page.classList.toggle("keys", areOn());
}

/** Show all keys of this page, and whether they are on. */
export function help() {
  const single = made("input", { type: "checkbox", checked: areOn() });
  single.addEventListener("change", () => switchKeys(single.checked));
  const close = made("button", { type: "button" }, "Close");
  const dialog = made("dialog", { className: "help" },
    made("div", { className: "head" },
      made("h2", {}, "Keyboard shortcuts"), made("label", {}, single, " Single-key shortcuts"), close),
    made("div", { className: "key-tables" }, ...tables.map(drawn)));
  dialog.setAttribute("aria-label", "Keyboard shortcuts");
  const before = document.activeElement;
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Bind keys of a page.
 * @param {[string[], string, ((key: string) => void)?, (() => void)?][]} rows keys, what they do,
 *   how, and what their release does. A key after another one is written `g o`. What has no "how"
 *   is done by the browser, or by what has the focus.
 * @param {string} title of these.
 * @param {HTMLDialogElement | null} dialog where they hold; null: on the page.
 */
export function bind(rows, title = "This page", dialog = null) {
  tables.push({ title, rows, dialog });
}

const go = (address) => document.querySelector(`.bar a[href="${address}"]`)?.click();
const PLACES = {
  "g o": "/viewer/", "g p": "/viewer/all/", "g u": "/viewer/users/", "g t": "/viewer/tag/0/",
  "g d": "/viewer/duplicates/", "g j": "/viewer/jobs/",
};
bind([
  [["?"], "These shortcuts", help],
  [["/"], "Search", () => document.querySelector("input[type=search]")?.focus()],
  [["j"], "Judge what waits", () => { location.href = "/viewer/duplicates/next/"; }],
  [Object.keys(PLACES), "Overview, pictures, users, tags, duplicates, jobs", (key) => go(PLACES[key])],
], "Anywhere");
page.classList.toggle("keys", areOn());
addEventListener("keydown", press);
addEventListener("keyup", release);
addEventListener("blur", release);
