// Elements made by hand: text is text, and no markup is ever read.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = new URL("icons.svg", import.meta.url).pathname;

/** A new element with what is in it. */
export function made(name, properties, ...inner) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inner);
  return element;
}

/** A picture of our own set, which says nothing to those who don't see it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

/** A button with an icon, and the key that does the same. */
export function button(name, key, act, properties, ...inner) {
  const found = made("button", { type: "button", ...properties }, icon(name), ...inner);
  found.setAttribute("aria-keyshortcuts", key);
  found.addEventListener("click", act);
  return found;
}

/** What the site called a thing, fenced in, as its letters may run the other way. */
export const named = (name, otherwise = "no name") =>
  name?.trim() ? made("bdi", {}, name) : made("span", { className: "quiet" }, otherwise);

const SHOWN = 4000; // milliseconds
let shown = null;

/** Tell in passing what needs no answer: over the page, or the dialog that is open. */
export function tell(words) {
  shown?.remove();
  shown = made("p", { className: "toast" });
  shown.setAttribute("role", "status");
  (document.querySelector("dialog[open]") ?? document.body).append(shown);
  shown.textContent = words; // behind its coming, so that it is read out
  const mine = shown;
  setTimeout(() => mine.remove(), SHOWN);
}
