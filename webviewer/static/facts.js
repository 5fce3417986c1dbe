// What is told beside the pictures of a group: who they are, what differs, what is proposed.

import { icon, made, named } from "./dom.js";
import { thumb } from "./pictures.js";

export const WORDS = { new: "new", keep: "keep", skip: "skip", false: "different", alternate: "alternate" };

/** A verdict as a pill; a proposed one is dashed. */
export function pill(verdict, isProposed = false) {
  const classes = `verdict ${verdict}${isProposed ? " dashed" : ""}`;
  return made("span", { className: classes }, icon(verdict), ` ${WORDS[verdict]}`);
}

/** What is shown of one: what was said, else what is proposed, else that nothing is said. */
export function shownOf(said, key) {
  const verdict = said.verdict(key) ?? "new";
  const proposed = verdict === "new" ? said.proposed(key) : null;
  return [proposed ?? verdict, proposed !== null];
}

/** The strip: all pictures of a group, or places of one, each with its number and verdict. */
export function strip(said, choose) {
  return said.items.map((each, at) => {
    const [verdict, isProposed] = shownOf(said, each.key);
    const mark = made("span", { className: `mark ${verdict}${isProposed ? " dashed" : ""}` }, icon(verdict));
    const told = `${said.isAlike ? "Picture" : "Place"} ${each.number}: ${isProposed ? "proposed " : ""}${WORDS[verdict]}`;
    const small = said.isAlike ? thumb(each) : null; // places have one picture, which is on the stage
    const shown = small ?? made("span", { className: "blank" }, said.isAlike ? "?" : "");
    const button = made("button", { type: "button", title: told },
      shown, made("kbd", {}, String(each.number)), mark, made("span", { className: "unseen" }, told));
    button.setAttribute("aria-pressed", String(at === said.at));
    button.addEventListener("click", () => choose(at));
    const item = made("li", {}, button);
    item.classList.toggle("best", each.key === said.left?.digest);
    return item;
  });
}

const listed = (names) => names.flatMap((each, at) => (at ? [", ", each] : [each]));
const albumOf = (place) =>
  made("a", { href: place.page }, named(place.user), " / ", named(place.album));
/** Rows of the table: what it is called, its words for a comparison, and how they are shown. */
const ROWS = [
  ["Pixels", (each) => (each.width ? `${each.width} × ${each.height}` : "-")],
  ["Bytes", (each) => each.size],
  ["Format", (each) => each.format + (each.animated ? ", animated" : "")],
  ["Name", (each) => each.places.map(({ name }) => name).join("\n") || "-",
    (each) => listed(each.places.map(({ name }) => named(name)))],
  ["Album", (each) => each.places.map(({ user, album }) => `${user}/${album}`).join("\n") || "-",
    (each) => (each.places.length ? listed(each.places.map(albumOf)) : ["no longer listed anywhere"])],
  ["Tags", (each) => each.tags.join("\n"),
    (each, gains) => {
      const gained = gains(each).map((tag) => made("span", { className: "saved" }, "+ ", named(tag)));
      const tags = [...each.tags.map((tag) => named(tag)), ...gained];
      return tags.length ? listed(tags) : ["none"];
    }],
  ["Fetched", (each) => each.fetched + (each.gone ? ", gone from the site" : "")],
];

/** The facts of both pictures; what differs is bold, and tags that one gets stand with it. */
export function table(left, right, gains) {
  return ROWS.map(([title, words, shown = (each) => [words(each)]]) => {
    const differs = right !== null && words(left) !== words(right);
    const cell = (each) => {
      const inner = each ? shown(each, gains) : [];
      return made("td", {}, ...(differs ? [made("strong", {}, ...inner)] : inner));
    };
    return made("tr", {}, cell(left), made("th", { scope: "row" }, title), cell(right));
  });
}

/** A choice for each place of a picture that is listed more than once. */
export function places(said, member, changed) {
  if (!member || member.places.length < 2) return [];
  return member.places.map((place) => {
    const choice = made("select", {});
    choice.setAttribute("aria-label", `Verdict on the place in ${place.album ?? "no name"}`);
    for (const verdict of ["new", "keep", "skip"]) {
      choice.append(made("option", { value: verdict, selected: said.verdict(place.field) === verdict }, WORDS[verdict]));
    }
    choice.addEventListener("change", () => changed(place.field, choice.value));
    return made("li", {}, made("span", {}, named(place.name), " in ", albumOf(place)), choice);
  });
}

const numbers = (found) => found.map(({ number }) => number).join(", ").replace(/, (?=\d+$)/, " and ");

/** What is proposed, or what is missing, as sentences. */
export function proposal(said) {
  const { open } = said;
  if (said.group.to_look && !open.length) {
    return ["Look again: you judged these in other groups.", "Enter confirms the verdicts."];
  }
  const parts = ["keep", "skip"].map((verdict) => {
    const found = open.filter(({ key }) => said.proposed(key) === verdict);
    return found.length ? `${verdict} ${numbers(found)}` : null;
  }).filter(Boolean);
  const others = open.filter(({ key }) => !said.proposed(key));
  const rest = others.length ? `${numbers(others)} ${others.length === 1 ? "waits" : "wait"} for your verdict.` : "";
  if (parts.length) return [`Proposed: ${parts.join(", ")}.`, rest];
  if (rest) return [rest, said.group.why ?? ""];
  return [said.isChanged ? "All judged: Enter saves it." : "Judged.", ""];
}

/** The scores of a group: which two, by which method, how near. */
export function scores({ members, pairs }) {
  const number = new Map(members.map((each) => [each.digest, each.number]));
  return pairs.map((pair) => made("tr", {},
    made("th", { scope: "row" }, pair.method),
    made("td", {}, `${number.get(pair.a)} and ${number.get(pair.b)}`),
    made("td", {}, String(Math.round(pair.score * 1000) / 1000)),
    made("td", {}, pair.likeness === null ? "off" : pair.likeness.toFixed(1))));
}
