// A grid without an end: sections of cells, each as high as its cells will be, filled when it
// comes near and emptied when it is far. Without this the page turns by links.

import { givenUp, pause } from "./again.js";
import { ask } from "./data.js";
import { made, tell } from "./dom.js";
import { bring } from "./fragments.js";

const COLUMNS = [2, 3, 4, 5, 6, 8, 10, 12];
const SIDES = { S: 100, M: 150, L: 240 };
const PHONE = matchMedia("(max-width: 40rem)");
const SETTLED = 80; // milliseconds that a section is near before it is asked for: not while flying past

const first = document.querySelector("ul.grid[data-of]");
const data = first.dataset;
const SECTION = Number(data.section);
const PART = Number(data.part);
const box = made("div", { className: "endless" });
const sections = [];
let total = data.total ? Math.min(Number(data.total), PART) : null;
let columns = 8;

const density = () => document.cookie.match(/viewer-density=([SML])/)?.[1] ?? "M";
const last = () => sections.length - 1;
const path = (what, more = "") => `${what}/?${data.query}&of=${encodeURIComponent(data.of)}${more}`;
const holds = (number) => Math.min(SECTION, (total ?? Infinity) - number * SECTION);

function measure() {
  const width = box.clientWidth;
  const wanted = width / SIDES[density()];
  const nearest = (best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best);
  columns = PHONE.matches ? 3 : COLUMNS.reduce(nearest);
  const gap = PHONE.matches ? 3 : 6;
  const cell = (width - (columns - 1) * gap) / columns;
  box.style.setProperty("--columns", columns);
  box.style.setProperty("--gap", `${gap}px`);
  sections.forEach((section, number) => {
    const height = Math.ceil(holds(number) / columns) * (cell + gap);
    section.style.setProperty("height", `${height}px`);
  });
}

/** Keep what is looked at where it is while heights change. */
function remeasure() {
  const seen = sections.find((each) => each.getBoundingClientRect().bottom > 0);
  const before = seen?.getBoundingClientRect();
  const part = before && before.top < 0 ? before.top / before.height : 0;
  measure();
  if (before && before.top < 0) {
    const now = seen.getBoundingClientRect();
    scrollBy(0, now.top - part * now.height);
  }
}

function grow() {
  const wanted = total === null ? sections.length + 1 : Math.max(Math.ceil(total / SECTION), 1);
  while (sections.length < Math.min(wanted, PART / SECTION)) {
    const section = made("ul", { className: "grid section" });
    section.dataset.number = sections.length;
    sections.push(section);
    box.append(section);
    near.observe(section);
  }
  while (sections.length > wanted) {
    const gone = sections.pop();
    near.unobserve(gone);
    gone.remove();
  }
  measure();
}

/** Digests of sections that were filled, by number: of what is emptied they are known still. */
export const known = new Map();

const asked = new Map();
const failures = new Map(); // how often in a row a section did not come
const isFilled = (section) => section.firstElementChild?.dataset.sha !== undefined;

/** Who asks for a section that is asked for already waits for the same answer. */
function fill(section) {
  if (!isFilled(section) && !asked.has(section)) {
    const stop = new AbortController();
    asked.set(section, { stop, done: bringInto(section, stop.signal) });
  }
  return asked.get(section)?.done;
}

async function bringInto(section, signal) {
  const number = Number(section.dataset.number);
  try {
    const { content, headers } = await bring(path("cells", `&at=${number * SECTION}`), signal);
    const many = content.querySelectorAll("li").length;
    section.replaceChildren(...content.children);
    section.classList.remove("away");
    failures.delete(section);
    known.set(number, [...section.children].map((cell) => cell.dataset.sha));
    if (many < SECTION && total === null) {
      total = number * SECTION + many;
      grow();
    } else if (total === null && number === last()) grow();
    goOn(headers.get("Link"));
    box.dispatchEvent(new CustomEvent("filled", { detail: section, bubbles: true }));
  } catch (problem) {
    if (problem.name !== "AbortError") askLater(section);
  } finally {
    asked.delete(section);
  }
}

/** A section did not come: it is asked for again, at last only by a button in its place. */
function askLater(section) {
  const many = (failures.get(section) ?? 0) + 1;
  const wait = pause(many);
  failures.set(section, many);
  section.classList.toggle("away", wait !== null);
  if (wait === null) section.replaceChildren(made("li", {}, givenUp(() => fill(section))));
  else timers.set(section, setTimeout(fill, wait, section));
}

/** Behind the last picture of a part a link leads to the next one. */
function goOn(link) {
  const to = link?.match(/^<([^>]+)>; rel="next"$/)?.[1];
  if (!to || document.querySelector("a.part")) return;
  box.after(made("a", { href: to, className: "button part" }, "Next pictures"));
}

function empty(section) {
  asked.get(section)?.stop.abort();
  failures.delete(section);
  if (!section.contains(document.activeElement)) section.replaceChildren();
}

const timers = new Map();
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(timers.get(target));
    if (isIntersecting) timers.set(target, setTimeout(fill, SETTLED, target));
    else empty(target);
  }
}, { rootMargin: "150% 0px" });

/** The cell at a place of the part, once it is there. */
export async function cellAt(place) {
  const section = sections[Math.floor(place / SECTION)];
  if (!section) return null;
  await fill(section);
  return isFilled(section) ? section.children[place % SECTION] ?? null : null;
}

/** The digests from one place to another, both included. */
export async function shas(from, to) {
  const found = [];
  for (let number = Math.floor(from / SECTION); number <= Math.floor(to / SECTION); number += 1) {
    if (!known.has(number)) {
      const { content } = await bring(path("cells", `&at=${number * SECTION}`));
      known.set(number, [...content.querySelectorAll("li")].map((cell) => cell.dataset.sha));
    }
    const start = number * SECTION;
    found.push(...known.get(number).slice(Math.max(from - start, 0), to - start + 1));
  }
  return found;
}

/** How many pictures the part has, as far as is known. */
export const size = () => total ?? sections.length * SECTION;

/** Go to what looks like a picture, or is the same: of one without such nothing is to be judged. */
export function goToLikes(cell) {
  if (!cell) return;
  if ("judging" in cell.dataset) location.href = `/viewer/duplicate/${cell.dataset.sha}/`;
  else tell("Nothing in the archive looks like this picture.");
}

/** Where a cell of a section that is filled stands in the part. */
export function placeOf(cell) {
  const section = cell.parentElement;
  return Number(section.dataset.number) * SECTION + [...section.children].indexOf(cell);
}

async function focus(place) {
  const cell = await cellAt(Math.max(0, place));
  cell?.querySelector("a, input")?.focus({ preventScroll: true });
  cell?.scrollIntoView({ block: "nearest" });
}

/** Where the first picture in sight stands in the part: by it keys enter while nothing has the focus. */
function firstInSight() {
  const top = document.querySelector(".bar").getBoundingClientRect().bottom;
  const isInSight = (cell) => {
    const { top: upper, bottom: lower } = cell.getBoundingClientRect();
    return lower > top && upper < innerHeight;
  };
  const cell = [...box.querySelectorAll("li[data-sha]")].find(isInSight);
  return cell && placeOf(cell);
}

function step(event) {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const cell = event.target.closest?.(".section > li");
  const isNowhere = event.target === document.body && !document.querySelector("dialog[open]");
  const place = cell ? placeOf(cell) : isNowhere ? firstInSight() : undefined;
  if (place === undefined) return;
  const [one, row] = cell ? [1, columns] : [0, 0];
  const to = {
    ArrowLeft: place - one, ArrowRight: place + one, ArrowUp: place - row, ArrowDown: place + row,
    Home: 0, End: size() - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  focus(to);
}

async function count() {
  const { status, body: found } = await ask("GET", path("count"));
  if (status !== 200) return;
  const spelled = new Intl.NumberFormat("en").format;
  document.querySelector(".counts .total").textContent = `${spelled(found.total)} ${found.total === 1 ? "picture" : "pictures"}`;
  for (const chip of document.querySelectorAll(".chip[data-mark]")) {
    const many = found.marks[chip.dataset.mark];
    if (many === undefined || chip.querySelector(".many")) continue;
    chip.append(" ", made("span", { className: "many" }, spelled(many)));
    chip.hidden = many === 0 && !chip.hasAttribute("aria-current");
  }
  if (!data.begins && total === null) {
    total = Math.min(found.total, PART);
    grow();
  }
}

function begin() {
  first.before(box);
  document.querySelectorAll(".pager.pictures").forEach((each) => each.remove());
  const at = Number(data.at) / SECTION;
  if (total === null && !data.more) total = Number(data.at) + first.childElementCount;
  do grow(); while (sections.length <= at);
  near.unobserve(sections[at]);
  sections[at].replaceWith(first);
  sections[at] = first;
  first.dataset.number = at;
  first.classList.add("section");
  known.set(at, [...first.children].map((cell) => cell.dataset.sha));
  near.observe(first);
  if (total === null) grow();
  measure();
  if (at) first.scrollIntoView();
  goOn(data.next && `<${data.next}>; rel="next"`);
  if (data.uncounted) count();
  addEventListener("keydown", step);
  new ResizeObserver(remeasure).observe(box);
}

/** Change how large the cells are; kept in a cookie, which the server reads. */
function resize(to) {
  document.cookie = `viewer-density=${to}; path=/viewer/; samesite=strict; max-age=31536000`;
  document.querySelectorAll("[data-density]").forEach((each) => each.setAttribute("aria-pressed", each.dataset.density === to));
  document.documentElement.dataset.cells = to;
  remeasure();
}

document.querySelectorAll("button[data-density]").forEach((each) => {
  each.addEventListener("click", () => resize(each.dataset.density));
});
begin();
