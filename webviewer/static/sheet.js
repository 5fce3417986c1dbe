// What the page that judges shows of a group, on the parts of its template.

import { pill, places, proposal, scores, shownOf, strip, table, WORDS } from "./facts.js";

export const app = document.getElementById("judge-app").content.cloneNode(true).firstElementChild;
export const merges = app.querySelector("[data-merge]");
const parts = new Map([...app.querySelectorAll("[data-show]")].map((each) => [each.dataset.show, each]));

export const part = (name) => parts.get(name);
/** Put the focus on the pictures: a button that keeps it would say its word again while Enter is held. */
export const toStage = () => part("panes").focus({ preventScroll: true });
export const text = (name, words) => { part(name).textContent = words; };

/**
 * Show a group.
 * @param {import("./group.js").Said} said what is said of it.
 * @param {(number: number) => void} choose hears which one of it is looked at.
 * @param {(key: string, verdict: string) => void} say hears of a verdict of a place.
 */
export function draw(said, choose, say) {
  const { group, left, right } = said;
  const judged = said.items[said.at];
  part("strip").replaceChildren(...strip(said, choose));
  part("strip").querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
  head("left", left, said);
  head("right", right, said);
  part("table").replaceChildren(...table(left, right, (each) => (merges.checked ? said.gains(each) : [])));
  const member = said.isAlike ? group.members[said.at] : left;
  part("places").replaceChildren(...(said.isAlike ? places(said, member, say) : []));
  part("scores").replaceChildren(...scores(group));
  const [main, rest] = proposal(said);
  text("proposal", main);
  text("rest", rest);
  const isLeft = said.open.length > 0;
  text("accept", isLeft ? "Accept proposed" : said.isChanged || group.to_look ? "Save, go on" : "Go on");
  part("accept").parentElement.disabled = isLeft && !said.open.some(({ key }) => said.proposed(key));
  const problem = said.conflict
    ? `This group was changed elsewhere, so your verdicts were not saved. Saved there: ${told(group)}. Yours are shown.`
    : said.problem;
  part("problem").hidden = !problem;
  text("problem", problem ?? "");
  for (const button of app.querySelectorAll("[data-verdict]")) {
    button.setAttribute("aria-pressed", String(said.verdict(judged.key) === button.dataset.verdict));
    button.hidden = !said.isAlike && ["false", "alternate"].includes(button.dataset.verdict);
  }
  tell(said);
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
export function tell(said) {
  const one = said.isAlike ? "Picture" : "Place";
  const count = said.open.length;
  text("where", `${one} ${said.at + 1} of ${said.items.length}: ${WORDS[said.verdict(said.items[said.at].key)]}. ${count} without a verdict.`);
}

/** How many groups are left. */
export function tellLeft({ left, all }) {
  text("left-count", `${left.toLocaleString("en")} left`);
  text("judged", `${(all - left).toLocaleString("en")} of ${all.toLocaleString("en")} judged`);
  Object.assign(part("progress"), { max: Math.max(all, 1), value: all - left });
}

/** How many words are on their way, what keeps them from it, and of how many groups they were refused. */
export function tellSaved(waiting, trouble, refused) {
  const box = part("saved");
  const well = waiting ? `Saving ${waiting}` : refused ? `Not saved: ${refused}, to be judged again` : "Saved";
  box.textContent = trouble ? `Not saved: ${waiting}. ${trouble}` : well;
  box.classList.toggle("wrong", Boolean(trouble || refused));
  box.setAttribute("role", trouble ? "alert" : "status");
}
