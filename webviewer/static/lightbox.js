// A picture of a grid opened over it: fitted, zoomed, one after the other, with what is known of it.

import { patience } from "./again.js";
import { button, made, tell as toast } from "./dom.js";
import { bring } from "./fragments.js";
import { cellAt, goToLikes, placeOf, size } from "./grid.js";
import { bind, help } from "./keys.js";
import { keep, picture } from "./pictures.js";
import { fillScreen, keysOf, Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { tagPicture } from "./type_tag.js";

const grid = document.querySelector(".endless");
const sealed = document.documentElement.translate === false;
const SECONDS = [3, 5, 10]; // of each picture in a slideshow

let at = 0;
let from = null; // what had the focus
let timer = null;
let seconds = 5;

const act = (name, key, text, does, classes = "") =>
  button(name, key, does, { title: text, className: classes }, made("span", { className: "unseen" }, text));
// The place is told, as a cell has none any more once its section was emptied meanwhile.
const shown = (cell, place) => ({
  digest: cell.dataset.sha, number: place + 1,
  picture: cell.dataset.src ?? cell.querySelector("img")?.src,
});

const strip = new Strip((place) => {
  show(place);
  parts.panes.focus();
});
const parts = {
  title: made("h2", {}), where: made("span", { className: "quiet" }), zoom: made("span", { className: "quiet" }),
  panes: made("div", { className: "panes", tabIndex: -1 }, made("div", { className: "left" }), made("div", { className: "right" })),
  facts: made("div", { className: "opened-facts" }),
  play: act("moves", "Space", "Slideshow", play),
  pace: made("select", { title: "Seconds of each picture" }, ...SECONDS.map((each) => made("option", { value: each, selected: each === seconds }, `${each} s`))),
  told: made("p", { className: "unseen" }),
};
const dialog = made("dialog", { className: "opened stage" },
  made("header", {}, act("skip", "Escape", "Close", close), parts.title, parts.where, parts.zoom,
    act("tag", "t", "Tag this picture", tag), parts.play, parts.pace,
    act("fill", "e", "Full screen", () => fillScreen(dialog)), act("info", "i", "Facts", facts)),
  made("div", { className: "opened-stage" }, parts.panes,
    act("back", "ArrowLeft", "Previous picture", () => step(-1), "turn before"),
    act("next", "ArrowRight", "Next picture", () => step(1), "turn after")),
  parts.facts, strip.element, parts.told);
parts.told.setAttribute("role", "status");
parts.pace.setAttribute("aria-label", "Seconds of each picture in a slideshow");
parts.pace.addEventListener("change", () => {
  seconds = Number(parts.pace.value);
  if (!timer) return;
  stop();
  play();
});
dialog.setAttribute("aria-label", "Picture");
document.body.append(dialog);
const stage = new Stage(parts.panes, (words) => { parts.zoom.textContent = words; }, 2);

/** Show the picture at a place; what was asked for before and comes later is not shown any more. */
async function show(place) {
  const before = at;
  at = place;
  const cell = await cellAt(place);
  if (at !== place || !dialog.open) return;
  if (!cell) {
    at = before;
    stop();
    return;
  }
  const link = cell.querySelector("a.picture");
  const beside = [place - 1, place + 1, place + 2];
  const around = await Promise.all(beside.map((each) => (each < 0 ? null : cellAt(each))));
  if (at !== place) return;
  const near = around.map((each, number) => each && shown(each, beside[number])).filter(Boolean);
  keep([shown(cell, place), ...near]);
  stage.show(picture(shown(cell, place)), null);
  strip.show(place);
  parts.title.textContent = cell.querySelector("img")?.alt ?? "";
  parts.where.textContent = "";
  if (!sealed) history.replaceState({ opened: true }, "", link.href);
  await tell(link);
}

/** What is known of the picture, beside it. */
async function tell(link, failures = 0) {
  const path = link.getAttribute("href").replace("/viewer/image/", "image/");
  const place = at;
  const { content, problem } = await bring(path).catch((error) => ({ problem: error.message }));
  if (at !== place || !dialog.open) return;
  if (!content) {
    const words = problem === "404" ? "This picture is no longer in the archive." : "The viewer does not answer.";
    const told = made("p", { className: "empty" }, words);
    parts.facts.replaceChildren(told);
    parts.told.textContent = words;
    if (problem === "404") return;
    await patience(failures + 1, told);
    if (at === place && dialog.open) await tell(link, failures + 1);
    return;
  }
  const { title, number } = content.querySelector("aside").dataset;
  parts.facts.replaceChildren(content);
  parts.title.textContent = title;
  parts.where.textContent = number ?? `${new Intl.NumberFormat("en").format(at + 1)}`;
  parts.told.textContent = `${title}, ${number ?? at + 1}`;
}

const step = (by) => show(at + by);

function facts() {
  dialog.classList.toggle("bare");
}

function end(which) {
  show(which === "Home" ? 0 : size() - 1);
}

function stop() {
  clearInterval(timer);
  timer = null;
  parts.play.removeAttribute("aria-pressed");
}

function play() {
  if (timer) return stop();
  timer = setInterval(() => step(1), 1000 * seconds);
  parts.play.setAttribute("aria-pressed", "true");
  return undefined;
}

async function tag() {
  stop();
  const cell = await cellAt(at);
  if (!cell) return;
  const done = await tagPicture(cell.dataset.sha, "Tag this picture");
  if (!done) return;
  await tell(cell.querySelector("a.picture"));
  if (done.problem) toast(`Not tagged. ${done.problem}`);
  else parts.told.textContent = `Tagged with ${done.path}.`;
}

/** Close it as the button Back does. */
function close() {
  history.back();
}

async function left() {
  stop();
  strip.clear();
  const cell = await cellAt(at);
  cell?.scrollIntoView({ block: "nearest" });
  (cell?.querySelector("a.picture") ?? from)?.focus({ preventScroll: true });
}

grid.addEventListener("click", (event) => {
  const link = event.target.closest("a.picture");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  from = link;
  history.pushState({ opened: true }, "");
  dialog.showModal();
  parts.panes.focus();
  show(placeOf(link.closest("li")));
});
addEventListener("popstate", (event) => {
  if (!event.state?.opened && dialog.open) dialog.close();
});
dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
dialog.addEventListener("close", left);
bind([
  [["←", "→", "ArrowLeft", "ArrowRight"], "Previous, next picture", (key) => step(key === "ArrowLeft" ? -1 : 1)],
  [["Home", "End"], "First, last picture", end],
  ...keysOf(stage, dialog),
  [["i"], "Facts", facts],
  [["t"], "Tag this picture", tag],
  [["Space"], "Slideshow", play],
  [["d"], "Look-alikes of this picture", async () => goToLikes(await cellAt(at))],
  [["Escape"], "Back to the grid"],
  [["?"], "These shortcuts", help],
], "A picture that is opened", dialog);
