// Going through groups: what is shown, what is said of it, and what comes of that.

import { patience } from "./again.js";
import { ask } from "./data.js";
import { Said } from "./group.js";
import { Line } from "./line.js";
import { Outbox } from "./outbox.js";
import { keep, picture } from "./pictures.js";
import { app, draw as drawSheet, merges, part, tell, tellLeft, tellSaved, text, toStage } from "./sheet.js";
import { Stage } from "./stage.js";
import { tagPicture } from "./type_tag.js";

const BACK = 100; // groups and words that can be gone back to

const page = document.documentElement;
const asked = new URLSearchParams(location.search);
const through = new URLSearchParams([...asked].filter(([name]) => ["kind", "state", "order"].includes(name)));
const isSealed = page.translate === false;

let shown = null;
let isLeft = false; // the page shows nothing of the archive any more
let letters = []; // that can be taken back
const tabs = new BroadcastChannel("viewer-judging");
export const outbox = new Outbox((waiting, trouble) => tellSaved(waiting, trouble, line.refused));
const line = new Line(through, outbox, tellLeft, BACK);
const here = () => line.here;
export const stage = new Stage(part("panes"), (words) => text("zoom", words));
tabs.onmessage = ({ data }) => line.drop(data);

// What is shown

async function next() {
  line.next();
  let failures = 0;
  for (let rounds = 0; !here() && !isLeft && rounds < 2;) { // to the end, and then from the first
    const coming = line.fetch();
    show();
    await coming;
    if (!line.problem) rounds += 1;
    else {
      show();
      failures += 1;
      await patience(failures, part("nothing"));
    }
  }
  if (isLeft) return;
  show();
  if (here() && document.activeElement === document.body) toStage(); // it was hidden while none was there
  line.fetchAhead();
}

export function previous() {
  line.previous();
  show();
}

function show() {
  const said = here();
  const waits = line.isAsking && !line.problem;
  app.dataset.state = said ? "judging" : waits ? "loading" : "done";
  if (!said) {
    stage.show(null, null);
    text("nothing", line.problem ?? "Nothing is waiting for a verdict.");
    return text("where", waits ? "Loading." : part("nothing").textContent);
  }
  if (said !== shown) mirror(false);
  shown = said;
  const { group, left, right } = said;
  const { ahead } = line;
  const soon = [...group.members.slice(0, 9), left, right, ahead?.left, ahead?.right];
  keep(soon.filter(Boolean), group.members);
  draw(); // first: the stage has the room that the facts leave
  stage.show(picture(left), right ? picture(right) : null).then(() => said === here() && said.right === right && tell(said));
  if (!isSealed) {
    const address = `/viewer/duplicate/${group.digest}/${through.size ? `?${through}` : ""}`;
    if (address !== location.pathname + location.search) history.replaceState(null, "", address);
    document.title = `Judge ${group.digest.slice(0, 16)} · fapfavorites`;
  }
}

export function draw() {
  if (here()) drawSheet(here(), choose, sayOf);
}

// What is said

export function choose(number) {
  const said = here();
  if (!said || number < 0 || number >= said.items.length) return;
  said.at = number;
  show();
  toStage();
}

export function step(by) {
  const said = here();
  if (said) choose((said.at + by + said.items.length) % said.items.length);
}

/** A verdict counts for pictures that are there to be seen: both that are compared. */
const isSeen = () => here() !== null && stage.isReady;

function sayOf(key, verdict) {
  here().say(key, verdict);
  draw();
}

export function say(verdict) {
  const said = here();
  if (!isSeen() || (!said.isAlike && !["new", "keep", "skip"].includes(verdict))) return;
  said.say(said.items[said.at].key, verdict);
  if (verdict !== "new") said.goOn();
  show();
  toStage();
}

export function sayAll(verdict) {
  const said = here();
  if (!isSeen() || (!said.isAlike && verdict === "false")) return;
  for (const { key } of said.items) said.say(key, verdict);
  show();
  toStage();
}

export function makeBest() {
  const said = here();
  if (!isSeen() || !said.isAlike) return;
  said.best = said.group.members[said.at].digest;
  show();
  toStage();
}

/** Take what is proposed, go to what is left; where nothing is, save it and go on. */
export function accept() {
  const said = here();
  if (!isSeen()) return;
  said.accept();
  said.goOn();
  if (said.open.length) show();
  else leave();
  toStage();
}

/** Go on to the next group, with what was said. */
export function leave() {
  const said = here();
  if (!said) return;
  const wantsLook = said.group.to_look && !said.open.length;
  if (said.isChanged || wantsLook) save(said);
  else ask("PUT", "position/", { body: { digest: said.digest, ...Object.fromEntries(through) } });
  said.problem = null;
  said.conflict = false;
  outbox.told();
  next();
  toStage();
}

/** Save what is said of the group that is open, as if one went on from it. */
export function saveOpen() {
  const said = here();
  if (said?.isChanged) save(said);
}

function save(said) {
  const { group, letter: before } = said;
  const letter = {
    said, group, before, decision: null, result: null,
    method: "PUT",
    path: `group/${group.digest}/${through.size ? `?${through}` : ""}`,
    body: () => body,
    version: () => stood(letter).version,
    settle: (status, answer) => settled(letter, status, answer),
  };
  const body = { ...said.body, merge_tags: merges.checked };
  said.letter = letter;
  letters.push(letter);
  letters.splice(0, letters.length - BACK);
  outbox.add(letter);
}

/** The group as it stood before a letter, as far as the archive has answered. */
const stood = ({ before, group }) => before?.result ?? group;

function settled(letter, status, answer) {
  const { said } = letter;
  if (status === 200 || (status === 412 && answer.stands)) {
    letter.result = answer.group;
    letter.decision = answer.decision;
    if (said.letter === letter) said.group = answer.group;
    if (answer.left !== undefined) line.tellLeft(answer);
    tabs.postMessage(answer.group.members.map(({ digest }) => digest));
    if (said === here()) draw();
    return;
  }
  letters = letters.filter((each) => each !== letter);
  letter.result = letter.before?.result ?? null; // what comes after it is said of that
  if (status === 404) return tellGone();
  const again = new Said(status === 412 ? answer.group : stood(letter));
  again.words = new Map(said.words);
  again.conflict = status === 412;
  again.problem = status === 412 ? null : `Not saved. ${answer.error}`;
  if (status === 412) line.putLast(again);
  else line.putNext(again);
  if (app.dataset.state === "done") show();
  else text("where", again.problem ?? "A group was changed elsewhere: it comes again at the end.");
}

/** A search or another tab has ended a group meanwhile: there is nothing to come back to. */
function tellGone() {
  const words = "A group that you judged no longer exists, so your verdicts were not saved.";
  if (here()) here().problem = words;
  draw();
  text("where", words);
}

export function undo() {
  const letter = letters.pop();
  if (letter && outbox.drop(letter)) {
    letter.said.letter = letter.before;
    return back(letter);
  }
  const word = letter ?? { decision: here()?.group.decision?.id ?? null };
  if (!letter && !word.decision) return text("where", "No decision to undo.");
  const order = {
    result: null, method: "POST",
    path: `undo/${through.size ? `?${through}` : ""}`,
    body: () => word.decision && { decision: word.decision },
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
function back(letter) {
  const { said } = letter;
  said.group = stood(letter);
  said.words.clear();
  line.goTo(said);
  show();
}

async function undone(letter, order, status, answer) {
  if (status !== 200) {
    if (letter) await line.renew(letter.said, order);
    draw();
    return text("where", answer?.error ?? "No decision to undo.");
  }
  line.tellLeft(answer);
  for (const group of answer.groups) {
    const known = letter?.said ?? line.find(group.digest);
    if (known && known.digest === group.digest) {
      order.result = group;
      known.group = group;
      if (!letter) {
        known.letter = order;
        line.goTo(known);
      }
    } else {
      line.putHere(new Said(group));
    }
  }
  show();
}

export function mirror(isMirrored = !stage.isMirrored) {
  stage.mirror(isMirrored);
  app.querySelector("[data-do=mirror]").setAttribute("aria-pressed", String(isMirrored));
}

/** Give the picture that is judged a tag: at once, as on every other page. */
export async function tag() {
  const said = here();
  if (!said) return;
  const member = said.isAlike ? said.group.members[said.at] : said.left;
  const done = await tagPicture(member.digest, `Tag picture ${member.number}`);
  if (!done) return;
  if (done.problem) said.problem = `Not tagged. ${done.problem}`;
  else member.tags = [...new Set([...member.tags, done.path])].sort();
  draw();
  if (!done.problem) text("where", `Picture ${member.number} has the tag ${done.path}.`);
}

/** Begin with a group, and go through those behind it. */
export function begin(group, digest) {
  line.begin(group, digest);
  show();
  line.fetch();
}

/** Show nothing of the archive any more. */
export function forget() {
  isLeft = true;
  line.clear();
  keep([], []);
}
