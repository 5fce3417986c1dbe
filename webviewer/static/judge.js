// The page that judges, loaded once: groups come and words go while it stays. Without scripts the
// form under it does the same, a page a group.

import { ask } from "./data.js";
import { made } from "./dom.js";
import {
  accept, begin, choose, draw, forget, leave, makeBest, mirror, outbox, previous, saveOpen, say, sayAll, stage, step, tag,
  undo,
} from "./judging.js";
import { bind, help } from "./keys.js";
import { app, merges, part, toStage } from "./sheet.js";
import { fillScreen, keysOf } from "./stage.js";

const VERDICTS = { k: "keep", s: "skip", d: "false", r: "alternate" };
const page = document.documentElement;

function use(mode) {
  stage.use(mode);
  for (const button of app.querySelectorAll("[data-mode-of]")) {
    button.setAttribute("aria-pressed", String(button.dataset.modeOf === mode));
  }
  app.dataset.mode = mode;
}

function showScores() {
  const found = app.querySelector("dialog.scores-of");
  if (found.open) found.close();
  else found.showModal();
}

const DOES = {
  accept, leave, undo, makeBest, fill: () => fillScreen(app), tag, mirror: () => mirror(), scores: showScores, keys: help,
  nearer: () => stage.nearer(), further: () => stage.further(), fit: () => stage.fit(), whole: () => stage.whole(),
};

app.addEventListener("click", ({ target }) => {
  const { do: does, verdict, modeOf, strength } = target.closest("button")?.dataset ?? {};
  if (does) DOES[does]();
  if (verdict) say(verdict);
  if (modeOf) use(modeOf);
  if (strength) {
    stage.strengthen(strength);
    for (const each of app.querySelectorAll("[data-strength]")) each.setAttribute("aria-pressed", String(each.dataset.strength === strength));
  }
});
merges.addEventListener("change", () => {
  draw();
  toStage();
});
const cut = app.querySelector("input[type=range]");
cut.addEventListener("input", () => stage.cut(cut.value));
cut.addEventListener("pointerup", toStage); // keys are for the group again

bind([
  [["1", "2", "3", "4", "5", "6", "7", "8", "9"], "Compare with this one", (key) => choose(Number(key) - 1)],
  [["←", "→", "ArrowLeft", "ArrowRight"], "Compare with the one before, after", (key) => step(key === "ArrowLeft" ? -1 : 1)],
  [["b"], "Beside each other", () => use("beside")],
  [["f"], "Flicker: hold it to see the other one", () => { use("flicker"); stage.hold(true); }, () => stage.hold(false)],
  [["l"], "Slider", () => use("slider")],
  [["x"], "Difference", () => use("difference")],
  [["m"], "Mirror the other one", DOES.mirror],
  ...keysOf(stage, app),
  [["i"], "Scores", showScores],
  [["t"], "Tag this picture", tag],
], "Judging: looking");
bind([
  [["Enter"], "Accept what is proposed; save when nothing is left", accept],
  [["k", "s", "d", "r"], "Keep, skip, different, alternate", (key) => say(VERDICTS[key])],
  [["c"], "Clear the verdict", () => say("new")],
  [["a"], "Make it the best", makeBest],
  [["Shift+k", "Shift+d"], "Keep all, all different", (key) => sayAll(VERDICTS[key.at(-1)])],
  [["n"], "Next group; your verdicts are saved", leave],
  [["p"], "Previous group", previous],
  [["u", "Ctrl+z"], "Undo", undo],
], "Judging: verdicts");

/** Show nothing of the archive any more, and leave when all words are saved. */
async function empty(address) {
  forget();
  document.title = "Locked · fapfavorites";
  const unlock = made("a", { href: "/viewer/", target: "_blank", className: "button primary" }, "Unlock in a new tab");
  app.replaceChildren(made("main", { className: "nothing" }, made("h1", {}, "Locked"), made("p", {}, part("saved")), unlock));
  app.dataset.state = "locked";
  page.hidden = false;
  await outbox.idle();
  location.replace(address);
}

addEventListener("viewer-leave", (event) => {
  saveOpen();
  if (!outbox.waiting) return;
  event.preventDefault();
  empty(event.detail);
});

async function enter() {
  const first = document.getElementById("judging").dataset.digest;
  const { status, body } = await ask("GET", `group/${first}/`);
  if (status !== 200) return; // the form is there
  const lock = document.querySelector(".bar form.lock");
  if (lock) app.querySelector(".judge-bar").append(lock);
  document.querySelector("main").replaceWith(app);
  page.classList.add("app");
  use(matchMedia("(max-width: 40rem)").matches ? "flicker" : "beside");
  begin(body, first);
  toStage();
}

enter();
