// A field that finds a tag by what is typed of its path, and makes a new one.

import Combobox from "./vendor/combobox-nav-3.0.2/combobox-nav.js";
import { ask } from "./data.js";
import { icon, made } from "./dom.js";

/** Whether each word that was typed stands in a path. */
const fits = (path, typed) =>
  typed.toLowerCase().split(/[\s/]+/).every((word) => path.toLowerCase().includes(word));

/** The path with what was typed made bold. */
function spelled(path, typed) {
  const at = typed ? path.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (at < 0) return made("bdi", {}, path);
  return made("bdi", {}, path.slice(0, at), made("strong", {}, path.slice(at, at + typed.length)), path.slice(at + typed.length));
}

/**
 * Ask for a tag in a dialog.
 * @param {string} title what it is for.
 * @param {boolean} mayMake whether a new one may be made.
 * @param {{top?: boolean, among?: {id: number, path: string}[]}} more whether the top is one too, as
 *   the tag without an id; which tags there are to choose from, where that is known.
 * @returns {Promise<{id: number, path: string} | null>} null where none was chosen.
 */
export function askForTag(title, mayMake, { top = false, among = null } = {}) {
  const input = made("input", { type: "text", autocomplete: "off", spellcheck: false, placeholder: "Tag" });
  input.setAttribute("aria-label", title);
  const list = made("ul", { className: "suggestions" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Tags");
  const told = made("p", { className: "wrong" });
  told.setAttribute("role", "alert");
  const cancel = made("button", { type: "button" }, "Cancel");
  const dialog = made("dialog", { className: "help typing" }, made("h2", {}, title), input, list, told, cancel);
  dialog.setAttribute("aria-label", title);
  const before = document.activeElement;
  const box = new Combobox(input, list, { firstOptionSelectionMode: "selected" });
  let found = [];
  let turn = 0;
  let isOld = false; // the list is that of what was typed before
  let wantsFirst = false; // Enter came before the list did

  function option(inner, value) {
    const row = made("li", { id: `tag-${value}` }, inner);
    row.setAttribute("role", "option");
    row.dataset.value = value;
    return row;
  }

  async function look() {
    const typed = input.value.trim();
    const mine = (turn += 1);
    isOld = true;
    wantsFirst = false;
    for (const row of list.children) row.setAttribute("aria-disabled", "true");
    if (among) found = among.filter(({ path }) => fits(path, typed));
    else {
      const { status, body } = await ask("GET", `tags/?q=${encodeURIComponent(typed)}`);
      if (mine !== turn) return;
      told.textContent = status === 200 ? "" : body.error;
      if (status !== 200) return;
      found = body.tags;
    }
    const rows = found.map((each) => option(spelled(each.path, typed), each.id));
    const isThere = found.some(({ path }) => path.toLowerCase() === typed.toLowerCase());
    if (mayMake && typed && !isThere) rows.push(option(made("span", {}, icon("tag"), ` New tag \u201c${typed}\u201d`), "new"));
    if (top && fits("The top", typed)) rows.unshift(option(made("span", {}, "The top"), "top"));
    if (!rows.length) told.textContent = among && !among.length ? "None of these pictures has a tag." : "No tag has this in its path.";
    box.clearSelection();
    list.replaceChildren(...rows);
    box.start();
    isOld = false;
    if (wantsFirst) list.querySelector("[aria-selected=true]")?.click();
  }

  return new Promise((done) => {
    async function commit({ target }) {
      const { value } = target.closest("[role=option]").dataset;
      let tag = found.find(({ id }) => String(id) === value);
      if (value === "top") tag = { id: null, path: "the top" };
      if (value === "new") {
        const { status, body } = await ask("POST", "tags/", { body: { path: input.value.trim() } });
        if (status !== 201) {
          told.textContent = body.error;
          return;
        }
        tag = body;
      }
      dialog.returnValue = "chosen";
      chosen = tag;
      dialog.close("chosen");
    }
    let chosen = null;
    list.addEventListener("combobox-commit", commit);
    input.addEventListener("input", look);
    input.addEventListener("keydown", ({ key }) => { wantsFirst = isOld && key === "Enter"; });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      box.destroy();
      dialog.remove();
      before?.focus({ preventScroll: true });
      done(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
    look();
  });
}

/**
 * Ask for a tag and give it to one picture.
 * @returns {Promise<{path: string, problem: string | null} | null>} null where none was chosen.
 */
export async function tagPicture(digest, title) {
  const chosen = await askForTag(title, true);
  if (!chosen) return null;
  const { status, body } = await ask("POST", `tag/${chosen.id}/images/`, { body: { images: [digest] } });
  return { path: chosen.path, problem: status === 200 ? null : body.error };
}
