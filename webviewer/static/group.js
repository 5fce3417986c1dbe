// What is said of a group on this page before it is saved. Values alone: no page, no network.

const APART = ["false", "alternate"];

/** A group of pictures, or the places of one, with what stands of each and what was said since. */
export class Said {
  /** Who is compared with the best, by number in `items`; the best of the person's choice. */
  at = 0;
  words = new Map();
  /** Sentences to be shown with it, and whether its words were said of another version. */
  problem = null;
  conflict = false;
  /** The last letter about it; what comes of that is the version of the next one. */
  letter = null;

  constructor(group) {
    this.group = group;
    this.best = group.best;
    this.at = this.#first();
  }

  get digest() {
    return this.group.digest;
  }

  /** What is judged one by one: pictures, or places where there is but one picture. */
  get items() {
    const { kind, members } = this.group;
    if (kind === "alike") return members.map((each) => ({ key: each.digest, ...each }));
    return members[0].places.map((each, at) => ({ key: each.field, number: at + 1, ...each }));
  }

  get isAlike() {
    return this.group.kind === "alike";
  }

  standing(key) {
    const { members } = this.group;
    const places = members.flatMap((each) => each.places);
    return [...members, ...places].find((each) => [each.digest, each.field].includes(key))?.verdict;
  }

  verdict(key) {
    return this.words.get(key) ?? this.standing(key);
  }

  isOpen(key) {
    return this.verdict(key) === "new";
  }

  get open() {
    return this.items.filter(({ key }) => this.isOpen(key));
  }

  /** What is proposed of a picture; with another best that one is kept and ours is skipped. */
  proposed(key) {
    const ours = this.items.find((each) => each.key === key)?.proposed ?? null;
    if (this.best === this.group.best || !this.items.some((each) => each.proposed)) return ours;
    if (key === this.best) return "keep";
    return key === this.group.best ? "skip" : ours;
  }

  /** Tags that a picture gets of those that are skipped, where it is kept. */
  gains(member) {
    const told = ({ digest }) => {
      const verdict = this.verdict(digest);
      return verdict === "new" ? this.proposed(digest) : verdict;
    };
    if (!this.isAlike || told(member) !== "keep") return [];
    const skipped = this.group.members.filter((each) => told(each) === "skip");
    return [...new Set(skipped.flatMap(({ tags }) => tags))].filter((tag) => !member.tags.includes(tag));
  }

  /** Say it of one; of two pictures either both are other ones in one way, or none is. */
  say(key, verdict) {
    this.words.set(key, verdict);
    const pictures = this.isAlike ? this.group.members : [];
    const other = pictures.length === 2 && pictures.find(({ digest }) => digest !== key)?.digest;
    if (!other || !pictures.some(({ digest }) => digest === key)) return;
    if (APART.includes(verdict)) this.words.set(other, verdict);
    else if (APART.includes(this.verdict(other))) this.words.set(other, "new");
  }

  /** Say what is proposed of all of which nothing is said. */
  accept() {
    for (const { key } of this.open) {
      const proposed = this.proposed(key);
      if (proposed) this.say(key, proposed);
    }
  }

  get isChanged() {
    return [...this.words].some(([key, verdict]) => verdict !== this.standing(key));
  }

  /** What is sent: all pictures as they are shown, and the places of which something new is said. */
  get body() {
    const pictures = this.isAlike ? this.group.members : [];
    const places = [...this.words].filter(
      ([key, verdict]) => !pictures.some(({ digest }) => digest === key) && verdict !== this.standing(key),
    );
    return {
      verdicts: Object.fromEntries(pictures.map(({ digest }) => [digest, this.verdict(digest)])),
      places: Object.fromEntries(places),
    };
  }

  /** In what way both pictures are the same, or how the right one stands to the best, in words. */
  get relation() {
    const { left, right } = this;
    const both = [left?.digest, right?.digest];
    const way = this.group.ways.find(({ a, b }) => both.includes(a) && both.includes(b));
    if (!way) return right?.reason ?? "";
    const words = way.words.join("; ");
    return `${words[0].toUpperCase()}${words.slice(1)}.`;
  }

  /** Number of the first to look at: what is open, but not what the others are compared with. */
  #first() {
    const { items } = this;
    const others = [...items.keys()].filter((at) => items[at].key !== this.left?.digest);
    return others.find((at) => this.isOpen(items[at].key)) ?? others[0] ?? 0;
  }

  /** Move on to the first of which nothing is said, from here on; stay where there is none. */
  goOn() {
    const { items } = this;
    const order = [...items.keys()].map((step) => (this.at + step) % items.length);
    this.at = order.find((at) => this.isOpen(items[at].key)) ?? this.at;
  }

  /** The picture on the left: the best, else the biggest. */
  get left() {
    const { members } = this.group;
    return members.find(({ digest }) => digest === this.best) ?? members[0];
  }

  /** The picture on the right: the one that is judged, or where that is the left one, another. */
  get right() {
    if (!this.isAlike) return null;
    const { members } = this.group;
    const judged = members[this.at];
    return judged === this.left ? members.find((each) => each !== this.left) ?? null : judged;
  }
}
