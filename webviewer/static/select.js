// Selecting pictures of a grid, and giving them tags. All of a view are its name and what is not
// selected of it: nothing is listed.

import { ask } from "./data.js";
import { button, made } from "./dom.js";
import { cellAt, goToLikes, known, placeOf, shas, size } from "./grid.js";
import { bind } from "./keys.js";
import { drawFrames } from "./rubber.js";
import { askForTag } from "./type_tag.js";

const link = document.querySelector("a[data-select]");
const grid = document.querySelector(".endless");
const { of, query } = document.querySelector("ul.grid[data-of]").dataset;
const picked = new Set(); // what is selected; or, where all are, what is not
const view = query ? `${of}?${query}` : of;
const FEW = 3; // tags that are named
const SETTLED = 250; // milliseconds
let all = false;
let total = null; // of the view, asked for when all are selected
let selecting = false;
let decision = null; // that can be undone
let held = null; // which tags all of the selection have, and some; null: not known
let asking = 0;
let last = null; // place of the cell that was clicked last

const isPicked = (sha) => picked.has(sha) !== all;
const count = () => (all ? total - picked.size : picked.size);
const act = (name, key, text, does, properties = {}) =>
  button(name, key, does, properties, ` ${text} `, made("kbd", {}, key.replace("Control", "Ctrl").replace("Escape", "Esc")));

const many = made("strong", {});
const told = made("span", { className: "quiet" });
told.setAttribute("role", "status");
const has = made("span", { className: "quiet" });
const bar = made("div", { className: "selected-bar", hidden: true }, many, has, told,
  act("tag", "T", "Tag", () => tag(false), { className: "primary" }),
  act("untagged", "R", "Remove tag", () => tag(true)),
  act("undo", "U", "Undo", undo, { hidden: true }),
  act("check-all", "Control+A", "All", selectAll),
  act("skip", "Escape", "None", none));
bar.setAttribute("role", "region");
bar.setAttribute("aria-label", "Selected pictures");
document.body.append(bar);

function draw() {
  for (const cell of grid.querySelectorAll("li[data-sha]")) {
    const chosen = isPicked(cell.dataset.sha);
    cell.classList.toggle("picked", chosen);
    const to = cell.querySelector("a.picture");
    if (chosen) to.setAttribute("aria-current", "true");
    else to.removeAttribute("aria-current");
  }
  grid.classList.toggle("selecting", selecting);
  bar.hidden = !selecting;
  link.setAttribute("aria-pressed", selecting);
  many.textContent = `${new Intl.NumberFormat("en").format(count())} selected`;
  bar.querySelector("[aria-keyshortcuts=U]").hidden = decision === null;
}

const meant = () => (all ? { view, except: [...picked] } : { images: [...picked] });
const listed = (tags) => {
  const names = tags.slice(0, FEW).map(({ path }) => path.split("/").at(-1)).join(", ");
  return tags.length > FEW ? `${names} and ${tags.length - FEW} more` : names || "none";
};

/** Tell which tags all of the selection have, and some, once it stays as it is. */
function share() {
  const mine = (asking += 1);
  held = null;
  has.textContent = "";
  if (!selecting || !count()) return;
  setTimeout(async () => {
    if (mine !== asking) return;
    const { status, body } = await ask("POST", "tags/shared/", { body: meant() });
    if (mine !== asking || status !== 200) return;
    held = body;
    has.textContent = `all: ${listed(body.all)}; some: ${listed(body.some)}`;
  }, SETTLED);
}

function begin() {
  selecting = true;
  draw();
}

function none() {
  decision = null;
  picked.clear();
  all = false;
  selecting = false;
  told.textContent = "";
  draw();
  share();
}

function toggle(sha) {
  if (!picked.delete(sha)) picked.add(sha);
}

/** From the cell that was clicked last to this one, whatever of it is on the page. */
async function extend(place) {
  const [from, to] = [Math.min(last ?? place, place), Math.max(last ?? place, place)];
  for (const sha of await shas(from, to)) {
    if (!isPicked(sha)) toggle(sha);
  }
}

/** What a frame touches, row by row; the first and last place of each. */
async function addRows(rows) {
  for (const [from, to] of rows) {
    for (const sha of await shas(from, Math.min(to, size() - 1))) {
      if (!isPicked(sha)) toggle(sha);
    }
  }
  draw();
  share();
}

async function click(event) {
  const cell = event.target.closest("li[data-sha]");
  const wants = selecting || event.ctrlKey || event.metaKey || event.shiftKey;
  if (!cell || !wants || event.target.closest("a.site")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await choose(cell, event.shiftKey);
}

async function choose(cell, range) {
  const place = placeOf(cell);
  selecting = true;
  if (range) await extend(place);
  else toggle(cell.dataset.sha);
  last = place;
  draw();
  share();
}

async function selectAll() {
  const { status, body } = await ask("GET", `count/?${query}&of=${encodeURIComponent(of)}`);
  if (status !== 200) {
    told.textContent = status === 204 ? "There are too many to be counted now." : body.error;
    return;
  }
  total = body.total;
  all = true;
  picked.clear();
  begin();
  share();
}

async function tag(away) {
  if (!count()) {
    told.textContent = "Select pictures first.";
    return;
  }
  const among = away && held ? [...held.all, ...held.some] : null;
  const chosen = await askForTag(away ? "Remove a tag" : "Tag the selected", !away, { among });
  if (!chosen) return;
  const about = all ? { ...meant(), count: count() } : meant();
  const { status, body } = await ask(away ? "DELETE" : "POST", `tag/${chosen.id}/images/`, { body: about });
  if (status === 200) {
    told.textContent = away ? `${chosen.path} removed from ${body.changed}.` : `${body.changed} newly tagged with ${chosen.path}.`;
    decision = body.decision;
    known.clear();
    draw();
    share();
    return;
  }
  if (status === 409) total = body.count + picked.size;
  told.textContent = body.error;
  draw();
}

/** Take back what was done to the selection last. */
async function undo() {
  if (decision === null) return;
  const { status, body } = await ask("POST", "undo/", { body: { decision } });
  told.textContent = status === 200 ? "Undone." : body.error;
  decision = null;
  draw();
  share();
}

const current = () => document.activeElement?.closest?.(".endless li[data-sha]");

async function moveAndExtend(key) {
  const cell = current();
  if (!cell) return;
  const step = { left: -1, right: 1, up: -columns(), down: columns() }[key.replace("Shift+Arrow", "").toLowerCase()];
  if (last === null) await choose(cell, false);
  const next = await cellAt(placeOf(cell) + step);
  if (!next) return;
  next.querySelector("a.picture").focus();
  await choose(next, true);
}
const columns = () => Number(grid.style.getPropertyValue("--columns"));

link.addEventListener("click", (event) => {
  event.preventDefault();
  if (selecting) none();
  else begin();
});
link.setAttribute("role", "button");
link.addEventListener("keydown", (event) => {
  if (event.key !== " ") return;
  event.preventDefault(); // to a link it says nothing but to scroll; a button it presses
  if (!event.repeat) link.click();
});
grid.addEventListener("click", click, true);
drawFrames(grid, () => selecting, addRows);
grid.addEventListener("keydown", (event) => {
  if (event.key !== " " || !current() || event.repeat) return;
  event.preventDefault(); // to a link it says nothing but to scroll
  choose(current(), event.shiftKey);
});
grid.addEventListener("filled", draw);
bind([
  [["←", "→", "↑", "↓", "Home", "End"], "Go through the pictures"],
  [["Enter"], "Open this picture"],
  [["v"], "Select pictures, or stop selecting", () => (selecting ? none() : begin())],
  [["Space"], "Select this picture"],
  [["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown", "Shift+arrows"], "Extend the selection", moveAndExtend],
  [["Ctrl+a"], "Select all of the view", selectAll],
  [["t"], "Tag the selected", () => tag(false)],
  [["r"], "Remove a tag from the selected", () => tag(true)],
  [["u", "Ctrl+z"], "Undo the last tagging", undo],
  [["d"], "Look-alikes of this picture", () => current() && goToLikes(current())],
  [["Escape"], "Select none", () => selecting && none()],
], "Pictures");
draw();
