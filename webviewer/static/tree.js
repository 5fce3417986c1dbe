// The tree of tags: arrows go through it, F2 renames in place, M moves, Delete leads to what would go.
// Without this its links lead to the pages of tags, whose forms do the same.

import { ask } from "./data.js";
import { made, tell } from "./dom.js";
import { bring } from "./fragments.js";
import { bind } from "./keys.js";
import { askForTag } from "./type_tag.js";

const box = document.querySelector("[data-tree]");
const isWhole = box.parentElement.classList.contains("whole");
const rows = () => [...box.querySelectorAll("li")];
const links = () => rows().map((row) => row.querySelector("a"));
const depth = (link) => Number(link.parentElement.dataset.depth);
const row = () => document.activeElement?.closest?.("[data-tree] li");

function tool(words, title, act) {
  const found = made("button", { type: "button", className: "tool", title }, words);
  found.append(made("span", { className: "unseen" }, `: ${title}`));
  found.addEventListener("click", act);
  return found;
}

/** What the template can't give: how far a row is set in, and buttons for what keys do. */
function dress() {
  for (const each of rows()) {
    each.style.setProperty("--depth", each.dataset.depth);
    if (!isWhole) continue;
    const name = nameOf(each);
    each.querySelector(".out").before(
      tool("Rename", `Rename ${name}`, () => rename(each)), tool("Move", `Move ${name}`, () => move(each)));
  }
}

const nameOf = (each) => each.querySelector("bdi")?.textContent ?? "";

/** The tree as it is now; without an answer what is shown stays. */
const tree = (more = "") => bring(`tags/tree/?tag=${box.dataset.tree}${more}`).catch(() => null);

/** Show the tree anew, and the focus where it was. */
async function renew(id) {
  const found = await tree();
  if (!found) return;
  box.replaceChildren(found.content);
  dress();
  box.querySelector(`[data-tag="${id}"] a`)?.focus();
  count();
}

/** The numbers that the page had no time for. */
async function count() {
  if (box.querySelector(".many")) return;
  const found = (await tree("&counted=1"))?.content;
  for (const each of found?.querySelectorAll("li") ?? []) {
    const many = each.querySelector(".many");
    box.querySelector(`[data-tag="${each.dataset.tag}"] a`)?.append(" ", many);
  }
  const told = found?.querySelector("[data-tagged]");
  if (told) box.querySelector("[data-tagged]").replaceWith(told);
}

let turn = Promise.resolve();

/** Change a tag if it is still as it is shown, after all changes before. */
function change(each, said) {
  turn = turn.then(() => send(each, said));
  return turn;
}

/** @returns {Promise<string | null>} what to say where it is; null: it is told in passing. */
async function send(each, said) {
  const { tag: id, version } = each.dataset;
  const { status, body } = await ask("PATCH", `tag/${id}/`, { body: said, version });
  const isStale = status === 404 || status === 412;
  if (status !== 200 && !isStale) return body.error;
  if (status === 200) each.dataset.version = body.version.split(".")[0]; // without the number of pictures
  if (status === 200 && id === box.dataset.tree) {
    for (const name of document.querySelectorAll("h1 bdi, .trail [aria-current] bdi")) name.textContent = body.name;
  }
  await renew(id);
  tell(isStale ? body.error : `${body.path}: done. "What I decided" undoes it.`);
  return null;
}

/** A field in place of the name; Enter keeps what is written, Escape what was. */
function rename(each) {
  if (each.querySelector("input")) return;
  const link = each.querySelector("a");
  const before = nameOf(each);
  const field = made("input", { value: before, autocomplete: "off", spellcheck: false });
  field.setAttribute("aria-label", `New name of ${before}`);
  const problem = made("span", { className: "wrong" });
  problem.setAttribute("role", "alert");
  link.hidden = true;
  link.after(field, problem);
  field.select();
  let isOver = false;
  const end = () => {
    if (isOver) return; // to remove a field that has the focus tells it that it has lost it
    isOver = true;
    link.hidden = false;
    field.remove();
    problem.remove();
  };
  field.addEventListener("keydown", async (event) => {
    if (event.isComposing) return;
    event.stopPropagation();
    if (event.key === "Escape" || (event.key === "Enter" && field.value.trim() === before)) {
      end();
      link.focus();
    } else if (event.key === "Enter") {
      problem.textContent = "";
      problem.textContent = (await change(each, { name: field.value })) ?? "";
    }
  });
  field.addEventListener("blur", () => document.hasFocus() && !problem.textContent && end());
}

async function move(each) {
  const chosen = await askForTag(`Move ${nameOf(each)} under`, false, { top: true });
  if (!chosen) return;
  const problem = await change(each, { under: chosen.id });
  if (problem) tell(problem);
}

function above(at, all) {
  const found = all.slice(0, at).findLastIndex((each) => depth(each) < depth(all[at]));
  return found < 0 ? at : found;
}

box.addEventListener("keydown", (event) => {
  const all = links();
  const at = all.indexOf(document.activeElement);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const isParent = at + 1 < all.length && depth(all[at + 1]) > depth(all[at]);
  const to = {
    ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1,
    ArrowLeft: above(at, all), ArrowRight: isParent ? at + 1 : at,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[to]?.focus();
});
bind([
  [["↑", "↓", "←", "→", "Home", "End"], "Go through the tree"],
  [["F2"], "Rename the tag", () => row() && rename(row())],
  [["m"], "Move the tag", () => row() && move(row())],
  [["Delete"], "See what would be deleted with it", () => row()?.querySelector(".out").click()],
], "Tree of tags");
dress();
if (box.dataset.uncounted) count();
