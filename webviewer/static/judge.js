// The page that judges, loaded once: groups come and words go while it stays. Without scripts the
// form under it does the same, a page a group.

import { ask } from "./data.js";
import { made } from "./dom.js";
import { pill, places, proposal, scores, shownOf, strip, table, WORDS } from "./facts.js";
import { Said } from "./group.js";
import { bind, help } from "./keys.js";
import { Outbox } from "./outbox.js";
import { keep, picture } from "./pictures.js";
import { Stage } from "./stage.js";
import { askForTag } from "./type_tag.js";

const MANY = 10;
const FEW = 4;
const BACK = 100; // groups and words that can be gone back to
const VERDICTS = { k: "keep", s: "skip", d: "false", r: "alternate", c: "new" };

const page = document.documentElement;
const asked = new URLSearchParams(location.search);
const through = new URLSearchParams([...asked].filter(([name]) => ["kind", "state"].includes(name)));
const app = document.getElementById("judge-app").content.cloneNode(true).firstElementChild;
const parts = new Map([...app.querySelectorAll("[data-show]")].map((each) => [each.dataset.show, each]));
const part = (name) => parts.get(name);
const first = document.getElementById("judging").dataset.digest;
const isSealed = page.translate === false;

/** Groups in the order in which they are looked at, those before too, and where one is. */
const line = [];
let at = -1;
let last = null; // the digest after which the archive is asked
let isEnd = false;
let asking = null;
let shown = null;
const letters = [];
const tabs = new BroadcastChannel("viewer-judging");
const outbox = new Outbox(tellSaved);

const here = () => line[at] ?? null;
const text = (name, words) => { part(name).textContent = words; };

// What comes

/** Put groups at the end that are not to come anyway, nor on their way out. */
function append(groups) {
  const coming = new Set(line.slice(Math.max(at, 0)).map(({ digest }) => digest));
  for (const group of groups) if (!coming.has(group.digest)) line.push(new Said(group));
}

async function more() {
  const after = isEnd ? {} : { after: last };
  const query = new URLSearchParams({ ...Object.fromEntries(through), ...after, n: MANY });
  if (isEnd) await outbox.idle(); // what is on its way out waits no longer then
  const { status, body } = await ask("GET", `queue/?${query}`);
  if (status !== 200) return false;
  tellLeft(body);
  append(body.groups);
  isEnd = body.groups.length < MANY;
  last = body.groups.at(-1)?.digest ?? null;
  return body.groups.length > 0;
}

/** Ask for more groups, once at a time; whether any came. */
function fetchMore() {
  asking ??= more().finally(() => { asking = null; });
  return asking;
}

async function next() {
  at = Math.min(at + 1, line.length);
  at -= line.splice(0, at - BACK).length;
  for (let tries = 0; !here() && tries < 2; tries += 1) { // to the end, and then from the first
    const coming = fetchMore();
    show();
    await coming;
  }
  show();
  if (line.length - at < FEW && !isEnd) fetchMore();
}

function previous() {
  if (at > 0) at -= 1;
  show();
}

// What is shown

function show() {
  const said = here();
  app.dataset.state = said ? "judging" : asking ? "loading" : "done";
  if (!said) {
    stage.show(null, null);
    return text("where", asking ? "Loading." : "Nothing waits any more.");
  }
  if (said !== shown) mirror(false);
  shown = said;
  const { group, left, right } = said;
  const ahead = line[at + 1];
  const soon = [...group.members.slice(0, 9), left, right, ahead?.left, ahead?.right];
  keep(soon.filter(Boolean), group.members);
  stage.show(picture(left), right ? picture(right) : null).then(() => said === here() && said.right === right && tell());
  if (!isSealed) {
    const address = `/viewer/duplicate/${group.digest}/${through.size ? `?${through}` : ""}`;
    if (address !== location.pathname + location.search) history.replaceState(null, "", address);
    document.title = `Judge ${group.digest.slice(0, 16)} · fapfavorites`;
  }
  draw();
}

function draw() {
  const said = here();
  if (!said) return;
  const { group, left, right } = said;
  const judged = said.items[said.at];
  part("strip").replaceChildren(...strip(said, choose));
  part("strip").querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
  head("left", left, said);
  head("right", right, said);
  part("table").replaceChildren(...table(left, right, (each) => (merges.checked ? said.gains(each) : [])));
  const member = said.isAlike ? group.members[said.at] : left;
  part("places").replaceChildren(...(said.isAlike ? places(said, member, sayOf) : []));
  part("scores").replaceChildren(...scores(group));
  const [main, rest] = proposal(said);
  text("proposal", main);
  text("rest", rest);
  const isLeft = said.open.length > 0;
  text("accept", isLeft ? "Accept proposed" : said.isChanged || group.to_look ? "Save, go on" : "Go on");
  part("accept").parentElement.disabled = isLeft && !said.open.some(({ key }) => said.proposed(key));
  const problem = said.conflict
    ? `This group was changed elsewhere, and nothing of yours was written. It says now: ${told(group)}. You said: what is shown.`
    : said.problem;
  part("problem").hidden = !problem;
  text("problem", problem ?? "");
  for (const button of app.querySelectorAll("[data-verdict]")) {
    button.setAttribute("aria-pressed", String(said.verdict(judged.key) === button.dataset.verdict));
    button.hidden = !said.isAlike && ["false", "alternate"].includes(button.dataset.verdict);
  }
  tell();
}

const told = ({ members }) => members.map((each) => `${each.number} ${WORDS[each.verdict] ?? "-"}`).join(", ");

function head(side, member, said) {
  const box = part(side);
  box.hidden = !member;
  if (!member) return;
  const isBest = member.digest === said.group.best;
  const isJudged = said.isAlike && said.group.members[said.at] === member;
  box.classList.toggle("judged", isJudged);
  box.querySelector("h2").textContent = isBest ? "Suggested best" : `Picture ${member.number} of ${said.group.members.length}`;
  box.querySelector("p").textContent = side === "right" ? said.relation : isBest ? said.group.why ?? "" : "";
  const marks = said.isAlike ? [pill(...shownOf(said, member.digest))] : [];
  box.querySelector(".said").replaceChildren(...marks);
}

/** Where one is, for who doesn't see it. */
function tell() {
  const said = here();
  const one = said.isAlike ? "Picture" : "Place";
  const count = said.open.length;
  text("where", `${one} ${said.at + 1} of ${said.items.length}: ${WORDS[said.verdict(said.items[said.at].key)]}. ${count} without a verdict.`);
}

function tellLeft({ left, all }) {
  text("left-count", `${left.toLocaleString("en")} left`);
  text("judged", `${(all - left).toLocaleString("en")} of ${all.toLocaleString("en")} judged`);
  Object.assign(part("progress"), { max: Math.max(all, 1), value: all - left });
}

function tellSaved(waiting, trouble) {
  const box = part("saved");
  const words = trouble ? `Not saved: ${waiting}. ${trouble}` : waiting ? `Saving ${waiting}` : "Saved";
  box.textContent = words;
  box.classList.toggle("wrong", Boolean(trouble));
  box.setAttribute("role", trouble ? "alert" : "status");
}

// What is said

function choose(number) {
  const said = here();
  if (!said || number < 0 || number >= said.items.length) return;
  said.at = number;
  show();
  part("panes").focus({ preventScroll: true });
}

function step(by) {
  const said = here();
  if (said) choose((said.at + by + said.items.length) % said.items.length);
}

/** A verdict counts for pictures that are there to be seen: both that are compared. */
const isSeen = () => here() !== null && stage.isReady;

function sayOf(key, verdict) {
  here().say(key, verdict);
  draw();
}

function say(verdict) {
  const said = here();
  if (!isSeen() || (!said.isAlike && !["new", "keep", "skip"].includes(verdict))) return;
  said.say(said.items[said.at].key, verdict);
  if (verdict !== "new") said.goOn();
  show();
  part("panes").focus({ preventScroll: true });
}

function sayAll(verdict) {
  const said = here();
  if (!isSeen() || (!said.isAlike && verdict === "false")) return;
  for (const { key } of said.items) said.say(key, verdict);
  show();
}

function makeBest() {
  const said = here();
  if (!isSeen() || !said.isAlike) return;
  said.best = said.group.members[said.at].digest;
  show();
}

/** Take what is proposed, go to what is left; where nothing is, save it and go on. */
function accept() {
  const said = here();
  if (!isSeen()) return;
  said.accept();
  said.goOn();
  if (said.open.length) show();
  else leave();
}

/** Go on to the next group, with what was said. */
function leave() {
  const said = here();
  if (!said) return;
  const wantsLook = said.group.to_look && !said.open.length;
  if (said.isChanged || wantsLook) save(said);
  else ask("PUT", "position/", { body: { digest: said.digest, ...Object.fromEntries(through) } });
  said.problem = null;
  said.conflict = false;
  next();
}

function save(said) {
  const { group, letter: before } = said;
  const letter = {
    said, group, decision: null, result: null,
    method: "PUT",
    path: `group/${group.digest}/${through.size ? `?${through}` : ""}`,
    body: () => body,
    version: () => before?.result?.version ?? group.version,
    settle: (status, answer) => settled(letter, status, answer),
  };
  const body = { ...said.body, merge_tags: merges.checked };
  said.letter = letter;
  letters.push(letter);
  letters.splice(0, letters.length - BACK);
  outbox.add(letter);
}

function settled(letter, status, answer) {
  const { said } = letter;
  if (status === 200 || (status === 412 && answer.stands)) {
    letter.result = answer.group;
    letter.decision = status === 200 ? answer.decision : answer.group.decision?.id ?? null;
    if (said.letter === letter) said.group = answer.group;
    if (answer.left !== undefined) tellLeft(answer);
    tabs.postMessage(answer.group.members.map(({ digest }) => digest));
    if (said === here()) draw();
    return;
  }
  if (status === 404) return tellGone();
  const again = new Said(status === 412 ? answer.group : letter.group);
  again.words = new Map(said.words);
  again.conflict = status === 412;
  again.problem = status === 412 ? null : `Not saved. ${answer?.error ?? "The viewer refused it."}`;
  if (status === 412) line.push(again);
  else line.splice(at + 1, 0, again);
  if (app.dataset.state === "done") show();
  else text("where", again.problem ?? "A group was changed elsewhere: it comes again at the end.");
}

/** A search or another tab has ended a group meanwhile: there is nothing to come back to. */
function tellGone() {
  const words = "A group that you judged is not there any more, so nothing was said of it.";
  if (here()) here().problem = words;
  draw();
  text("where", words);
}

function undo() {
  const letter = letters.pop();
  if (letter && outbox.drop(letter)) return back(letter);
  const number = letter ? null : here()?.group.decision?.id ?? null;
  if (!letter && number === null) return text("where", "No decision to undo.");
  const order = {
    result: null, method: "POST",
    path: `undo/${through.size ? `?${through}` : ""}`,
    body: () => {
      const decision = letter ? letter.decision : number;
      return decision === null ? null : { decision };
    },
    version: () => undefined,
    settle: (status, answer) => undone(letter, order, status, answer),
  };
  if (letter) {
    letter.said.letter = order;
    back(letter);
  }
  outbox.add(order);
}

/** To the group of a word that is taken back, as it was before. */
function back({ said, group }) {
  said.group = group;
  said.words.clear();
  const found = line.indexOf(said);
  at = found < 0 ? at : found;
  show();
}

function undone(letter, order, status, answer) {
  if (status !== 200) {
    if (answer) text("where", answer.error);
    return;
  }
  tellLeft(answer);
  for (const group of answer.groups) {
    const known = letter?.said ?? line.find(({ digest }) => digest === group.digest);
    if (known && known.digest === group.digest) {
      order.result = group;
      known.group = group;
      if (!letter) at = line.indexOf(known);
    } else {
      line.splice(at, 0, new Said(group));
    }
  }
  show();
}

// The page

const stage = new Stage(app.querySelector('[data-show="panes"]'), (words) => text("zoom", words));

function use(mode) {
  stage.use(mode);
  for (const button of app.querySelectorAll("[data-mode-of]")) {
    button.setAttribute("aria-pressed", String(button.dataset.modeOf === mode));
  }
  app.dataset.mode = mode;
}

function mirror(isMirrored = !stage.isMirrored) {
  stage.mirror(isMirrored);
  app.querySelector("[data-do=mirror]").setAttribute("aria-pressed", String(isMirrored));
}

function fill() {
  if (document.fullscreenElement) document.exitFullscreen();
  else app.requestFullscreen();
}

/** Give the picture that is judged a tag: at once, as on every other page. */
async function tag() {
  const said = here();
  if (!said) return;
  const member = said.isAlike ? said.group.members[said.at] : said.left;
  const chosen = await askForTag(`Tag picture ${member.number}`, true);
  if (!chosen) return;
  const { status, body } = await ask("POST", `tag/${chosen.id}/images/`, { body: { images: [member.digest] } });
  if (status === 200) member.tags = [...new Set([...member.tags, chosen.path])].sort();
  else said.problem = `Not tagged. ${body?.error ?? "The viewer does not answer."}`;
  draw();
  if (status === 200) text("where", `Picture ${member.number} has the tag ${chosen.path}.`);
}

function showScores() {
  const found = app.querySelector("dialog.scores-of");
  if (found.open) found.close();
  else found.showModal();
}

const DOES = {
  accept, leave, undo, makeBest, fill, tag, mirror: () => mirror(), scores: showScores, keys: help,
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
const merges = app.querySelector("[data-merge]");
merges.addEventListener("change", () => {
  draw();
  part("panes").focus({ preventScroll: true });
});
const cut = app.querySelector("input[type=range]");
cut.addEventListener("input", () => stage.cut(cut.value));
cut.addEventListener("pointerup", () => part("panes").focus({ preventScroll: true })); // keys are for the group again
tabs.onmessage = ({ data }) => {
  const gone = (said) => said !== here() && !said.isChanged && said.group.members.some(({ digest }) => data.includes(digest));
  for (const said of line.slice(at + 1)) if (gone(said)) line.splice(line.indexOf(said), 1);
};

const pans = { "Shift+ArrowLeft": [-60, 0], "Shift+ArrowRight": [60, 0], "Shift+ArrowUp": [0, -60], "Shift+ArrowDown": [0, 60] };
bind([
  [["1", "2", "3", "4", "5", "6", "7", "8", "9"], "Compare with this one", (key) => choose(Number(key) - 1)],
  [["←", "→", "ArrowLeft", "ArrowRight"], "Compare with the one before, after", (key) => step(key === "ArrowLeft" ? -1 : 1)],
  [["b"], "Beside each other", () => use("beside")],
  [["f"], "Flicker: the other one while it is held", () => { use("flicker"); stage.hold(true); }, () => stage.hold(false)],
  [["l"], "Slider", () => use("slider")],
  [["x"], "Difference", () => use("difference")],
  [["m"], "Mirror the other one", DOES.mirror],
  [["+", "="], "Nearer", DOES.nearer],
  [["-"], "Further", DOES.further],
  [["0"], "Fit", DOES.fit],
  [["z"], "100%", DOES.whole],
  [["Shift+←→↑↓", ...Object.keys(pans)], "Pan", (key) => stage.pan(...pans[key])],
  [["e"], "Full screen", fill],
  [["i"], "Scores", showScores],
  [["t"], "Tag this picture", tag],
], "Judging: looking");
bind([
  [["Enter"], "Accept what is proposed; save when nothing is left", accept],
  [["k", "s", "d", "r"], "Keep, skip, different, alternate", (key) => say(VERDICTS[key])],
  [["c"], "Clear the verdict", () => say("new")],
  [["a"], "Make it the best", makeBest],
  [["Shift+k", "Shift+d"], "Keep all, all different", (key) => sayAll(VERDICTS[key.at(-1)])],
  [["n"], "Next group, with what was said", leave],
  [["p"], "Previous group", previous],
  [["u", "Ctrl+z"], "Undo", undo],
], "Judging: verdicts");

/** Show nothing of the archive any more, and leave when all words are saved. */
async function empty(address) {
  line.length = 0;
  at = -1;
  keep([], []);
  document.title = "Locked · fapfavorites";
  const unlock = made("a", { href: "/viewer/", target: "_blank", className: "button primary" }, "Unlock in a new tab");
  app.replaceChildren(made("main", { className: "nothing" }, made("h1", {}, "Locked"), made("p", {}, part("saved")), unlock));
  app.dataset.state = "locked";
  page.hidden = false;
  await outbox.idle();
  location.replace(address);
}

addEventListener("viewer-leave", (event) => {
  if (!outbox.waiting) return;
  event.preventDefault();
  empty(event.detail);
});

async function begin() {
  const { status, body } = await ask("GET", `group/${first}/`);
  if (status !== 200) return; // the form is there
  const lock = document.querySelector(".bar form.lock");
  if (lock) app.querySelector(".judge-bar").append(lock);
  document.querySelector("main").replaceWith(app);
  page.classList.add("app");
  use(matchMedia("(max-width: 40rem)").matches ? "flicker" : "beside");
  last = body.digest;
  append([body]);
  at = 0;
  show();
  part("panes").focus({ preventScroll: true });
  await fetchMore();
}

begin();
