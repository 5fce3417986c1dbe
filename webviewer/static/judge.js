// Keys of the page that judges a group. All they do the form does without them.

import { bind } from "./keys.js";

const SAID = { k: "keep", s: "skip", d: "false", r: "alternate", c: "new" };
const form = document.getElementById("judging");
const where = document.getElementById("where");
const cards = [...form.querySelectorAll(".member")];
let at = 0;

const radios = (card) => [...card.querySelectorAll(".say input")];
const verdict = (card) => radios(card).find((each) => each.checked)?.value;
const isOpen = (card) => verdict(card) === "new";
const press = (selector) => document.querySelector(selector)?.click();

/** A verdict counts for a picture that was seen: it, and the one that it is held against. */
function isSeen(card) {
  const shown = [card, form.querySelector(".best") ?? card].map((each) => each.querySelector("img"));
  return shown.every((picture) => !picture || (picture.complete && picture.naturalWidth > 0));
}

function tell() {
  const open = cards.filter(isOpen).length;
  where.textContent = `Image ${at + 1}: ${verdict(cards[at]) ?? "places alone"}. ${open} without a verdict.`;
}

function go(to) {
  at = Math.min(Math.max(to, 0), cards.length - 1);
  cards.forEach((card, number) => card.classList.toggle("here", number === at));
  cards[at].focus({ preventScroll: true });
  cards[at].scrollIntoView({ block: "nearest" });
  tell();
}

function set(card, value) {
  const wanted = radios(card).find((each) => each.value === value);
  if (wanted && isSeen(card)) wanted.checked = true;
}

/** On to the first picture of which nothing is said, after this one first. */
function goOn() {
  const order = [...cards.keys()].map((step) => (at + step) % cards.length);
  go(order.find((number) => isOpen(cards[number])) ?? at);
}

function say(key) {
  set(cards[at], SAID[key]);
  if (key === "c") tell();
  else goOn();
}

function sayAll(key) {
  const value = SAID[key.slice(-1)];
  if (cards.every(isSeen)) cards.forEach((card) => set(card, value));
  go(at);
}

const save = () => form.requestSubmit(form.querySelector("button[value=save]"));

function accept() {
  for (const card of cards) {
    if (card.dataset.proposed && isOpen(card)) set(card, card.dataset.proposed);
  }
  if (cards.some(isOpen)) goOn();
  else save();
}

/** Leave, with what was said. */
function leave() {
  const changed = [...form.querySelectorAll("input[type=radio]")].some(
    (each) => each.checked !== each.defaultChecked,
  );
  if (changed) save();
  else press("a[data-later]");
}

cards.forEach((card) => { card.tabIndex = -1; });
form.addEventListener("focusin", ({ target }) => {
  const number = cards.indexOf(target.closest(".member"));
  if (number >= 0 && number !== at) {
    at = number;
    cards.forEach((card, each) => card.classList.toggle("here", each === at));
  }
});
form.addEventListener("change", tell);
bind([
  [["1", "2", "3", "4", "5", "6", "7", "8", "9"], "Go to this image", (key) => go(Number(key) - 1)],
  [["\u2190", "\u2192", "ArrowLeft", "ArrowRight"], "Previous image, next image",
    (key) => go(at + (key === "ArrowLeft" ? -1 : 1))],
  [["k", "s", "d", "r", "c"], "Keep, skip, different, alternate, clear", say],
  [["Shift+k", "Shift+d"], "Keep all, all different", sayAll],
  [["Enter"], "Accept what is proposed; save when nothing is left", accept],
  [["n"], "Next group, with what was said", leave],
  [["p"], "Previous group", () => press("a[rel=prev]")],
  [["u", "Ctrl+z"], "Undo the last decision", () => press(".last button")],
  [["i"], "Scores", () => press(".scores summary")],
]);
go(0);
