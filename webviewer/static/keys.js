// Single keys: one table a page binds them, and draws what `?` shows.

const OFF = "viewer-keys=off";
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select";
const CONTROLS = "a, button, summary, input, select, textarea";
const page = document.documentElement;
/** A preference is a cookie: what the browser's own stores hold lies on disk for long. */
const areOn = () => !document.cookie.split("; ").includes(OFF);

/** A new element with what is in it; text is text. */
function made(name, properties, ...inner) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inner);
  return element;
}

/** Whether a key belongs to what has the focus, or to the browser. */
function isNotOurs(event) {
  const { target } = event;
  if (event.defaultPrevented || event.isComposing || event.altKey) return true;
  if (target.closest("dialog") || target.closest(FIELDS) || target.isContentEditable) return true;
  const moves = ["Enter", " ", "ArrowLeft", "ArrowRight"].includes(event.key);
  return moves && target.closest(CONTROLS) !== null;
}

/** The key as the table names it: by its letter, or by its place where the layout has none. */
function nameOf(event) {
  const latin = /^[\x20-\x7e]$/.test(event.key) || event.key.length > 1;
  const key = latin ? event.key : event.code.replace(/^(Key|Digit)/, "");
  const letter = /^[a-z]$/i.test(key);
  const name = letter ? key.toLowerCase() : key;
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  return command + (letter && event.shiftKey ? "Shift+" : "") + name;
}

function help(table) {
  const rows = table.map(([keys, what]) => {
    const shown = keys.filter((key) => !key.startsWith("Arrow")).map((key) => made("kbd", {}, key));
    return made("tr", {}, made("th", { scope: "row" }, ...shown), made("td", {}, what));
  });
  const single = made("input", { type: "checkbox", checked: areOn() });
  single.addEventListener("change", () => {
    document.cookie = `${single.checked ? "viewer-keys=on" : OFF}; path=/viewer/; samesite=strict; max-age=31536000`;
    page.classList.toggle("keys", areOn());
  });
  const close = made("button", { type: "button" }, "Close");
  const dialog = made("dialog", { className: "help" },
    made("h2", {}, "Keys"), made("table", {}, made("tbody", {}, ...rows)),
    made("p", {}, made("label", {}, single, " Single keys")), close);
  dialog.setAttribute("aria-label", "Keys");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Bind a page's keys.
 * @param {[string[], string, (key: string) => void][]} table keys, what they do, how.
 */
export function bind(table) {
  const all = [...table, [["?"], "These keys", () => help(all)]];
  page.classList.toggle("keys", areOn());
  addEventListener("keydown", (event) => {
    if (isNotOurs(event)) return;
    const key = nameOf(event);
    if (key !== "?" && !areOn()) return;
    const found = all.find(([keys]) => keys.includes(key));
    if (!found) return;
    event.preventDefault();
    if (!event.repeat) found[2](key);
  });
}
