// A picture of a grid opened over it: fitted, zoomed, one after the other, with what is known of it.

import { ask } from "./data.js";
import { icon, made } from "./dom.js";
import { bring } from "./fragments.js";
import { cellAt, placeOf, size } from "./grid.js";
import { help, showToo } from "./keys.js";
import { keep, picture } from "./pictures.js";
import { Stage } from "./stage.js";
import { askForTag } from "./type_tag.js";

const grid = document.querySelector(".endless");
const sealed = document.documentElement.translate === false;
const PAUSES = [3, 5, 10]; // seconds of a slideshow
const STEP = 60; // pixels of a key that pans

let dialog = null;
let at = 0;
let from = null; // what had the focus
let timer = null;
let pause = 1;

const button = (name, key, text, act) => {
  const found = made("button", { type: "button", title: text }, icon(name), made("span", { className: "unseen" }, text));
  found.setAttribute("aria-keyshortcuts", key);
  found.addEventListener("click", act);
  return found;
};
const shown = (cell) => ({
  digest: cell.dataset.sha, number: at + 1,
  picture: cell.dataset.src ?? cell.querySelector("img")?.src,
});

function build() {
  const parts = {
    title: made("h2", {}), where: made("span", { className: "quiet" }), zoom: made("span", { className: "quiet" }),
    panes: made("div", { className: "panes" }, made("div", { className: "left" }), made("div", { className: "right" })),
    facts: made("div", { className: "opened-facts" }),
    play: button("moves", "Space", "Slideshow", play),
    told: made("p", { className: "unseen" }),
  };
  parts.told.setAttribute("role", "status");
  const head = made("header", {}, button("skip", "Escape", "Close", close), parts.title, parts.where, parts.zoom,
    button("tag", "t", "Tag this picture", tag), parts.play,
    button("fill", "e", "Full screen", fullScreen), button("info", "i", "Facts", facts));
  const beside = [button("back", "ArrowLeft", "Previous picture", () => step(-1)), button("next", "ArrowRight", "Next picture", () => step(1))];
  beside.forEach((each, number) => each.classList.add("turn", number ? "after" : "before"));
  dialog = made("dialog", { className: "opened stage" }, head, made("div", { className: "opened-stage" }, parts.panes, ...beside), parts.facts, parts.told);
  dialog.setAttribute("aria-label", "Picture");
  document.body.append(dialog);
  Object.assign(dialog, { parts });
  dialog.addEventListener("keydown", key);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
  dialog.addEventListener("close", left);
  dialog.stage = new Stage(parts.panes, (words) => { parts.zoom.textContent = words; }, 2);
}

async function show(place) {
  const cell = await cellAt(place);
  if (!cell || !dialog.open) return stop();
  at = place;
  const link = cell.querySelector("a.picture");
  const around = await Promise.all([place - 1, place + 1, place + 2].map((each) => (each < 0 ? null : cellAt(each))));
  keep([cell, ...around.filter(Boolean)].map(shown));
  dialog.stage.show(picture(shown(cell)), null);
  dialog.parts.title.textContent = cell.querySelector("img")?.alt ?? "";
  dialog.parts.where.textContent = "";
  if (!sealed) history.replaceState({ opened: true }, "", link.href);
  await tell(link);
}

/** What is known of the picture, beside it. */
async function tell(link) {
  const address = link.getAttribute("href").replace("/viewer/image/", "/viewer/data/image/");
  const { content } = await bring(address).catch(() => ({ content: null }));
  if (!content) return;
  const { title, number } = content.querySelector("aside").dataset;
  dialog.parts.facts.replaceChildren(content);
  dialog.parts.title.textContent = title;
  dialog.parts.where.textContent = number ?? `${new Intl.NumberFormat("en").format(at + 1)}`;
  dialog.parts.told.textContent = `${title}, ${number ?? at + 1}`;
}

const step = (by) => show(at + by);
const facts = () => dialog.classList.toggle("bare");

function end(which) {
  show(which === "Home" ? 0 : size() - 1);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else dialog.requestFullscreen();
}

function stop() {
  clearInterval(timer);
  timer = null;
  dialog.parts.play.removeAttribute("aria-pressed");
}

function play() {
  if (timer) return stop();
  timer = setInterval(() => step(1), PAUSES[pause] * 1000);
  dialog.parts.play.setAttribute("aria-pressed", "true");
  return undefined;
}

async function tag() {
  const chosen = await askForTag("Tag this picture", true);
  if (!chosen) return;
  const cell = await cellAt(at);
  const { status, body } = await ask("POST", `tag/${chosen.id}/images/`, { body: { images: [cell.dataset.sha] } });
  dialog.parts.told.textContent = status === 200 ? `Tagged with ${chosen.path}.` : body?.error ?? "The viewer does not answer.";
  await tell(cell.querySelector("a.picture"));
}

const KEYS = {
  ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => end("Home"), End: () => end("End"),
  "+": () => dialog.stage.nearer(), "=": () => dialog.stage.nearer(), "-": () => dialog.stage.further(),
  0: () => dialog.stage.fit(), z: () => dialog.stage.whole(), i: facts, t: tag, e: fullScreen, " ": play, "?": help,
  d: async () => { location.href = `/viewer/duplicate/${(await cellAt(at)).dataset.sha}/`; },
  "Shift+ArrowLeft": () => dialog.stage.pan(-STEP, 0), "Shift+ArrowRight": () => dialog.stage.pan(STEP, 0),
  "Shift+ArrowUp": () => dialog.stage.pan(0, -STEP), "Shift+ArrowDown": () => dialog.stage.pan(0, STEP),
};

showToo([
  [["←", "→"], "Previous, next picture"],
  [["Home", "End"], "First, last picture"],
  [["+", "-", "0", "z"], "Nearer, further, fit, 100%"],
  [["Shift+←→↑↓"], "Pan"],
  [["Space"], "Slideshow"],
  [["e"], "Full screen"],
  [["t"], "Tag this picture"],
  [["i"], "Facts"],
  [["d"], "Look-alikes of this picture"],
  [["Escape"], "Back to the grid"],
], "A picture that is opened");

function key(event) {
  if (event.target.closest("input, select, textarea, .typing") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.closest("button, a, summary")) return;
  const named = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
  const act = KEYS[named.length === 1 ? named.toLowerCase() : named];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

/** Close it as the button Back does. */
function close() {
  history.back();
}

async function left() {
  stop();
  const cell = await cellAt(at);
  cell?.scrollIntoView({ block: "nearest" });
  (cell?.querySelector("a.picture") ?? from)?.focus({ preventScroll: true });
}

grid.addEventListener("click", (event) => {
  const link = event.target.closest("a.picture");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!dialog) build();
  from = link;
  history.pushState({ opened: true }, "");
  dialog.showModal();
  dialog.parts.panes.tabIndex = -1;
  dialog.parts.panes.focus();
  show(placeOf(link.closest("li")));
});
addEventListener("popstate", (event) => {
  if (!event.state?.opened && dialog?.open) dialog.close();
});
