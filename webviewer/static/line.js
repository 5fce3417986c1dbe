// Groups in the order in which they are looked at, those before too, and where one is.

import { ask } from "./data.js";
import { Said } from "./group.js";

const MANY = 10;
const FEW = 4;

export class Line {
  /** Why nothing came when it was asked for last. */
  problem = null;
  #groups = [];
  #at = -1;
  #through;
  #outbox;
  #tellLeft;
  #tells = 0;
  #most;
  #last = null; // the digest after which the archive is asked
  #isEnd = false;
  #asking = null;

  /**
   * @param {URLSearchParams} through what is gone through.
   * @param {import("./outbox.js").Outbox} outbox of words about these groups.
   * @param {(told: {left: number, all: number}) => void} tellLeft hears how many are left.
   * @param {number} most groups that can be gone back to.
   */
  constructor(through, outbox, tellLeft, most) {
    this.#through = through;
    this.#outbox = outbox;
    this.#tellLeft = tellLeft;
    this.#most = most;
  }

  get here() {
    return this.#groups[this.#at] ?? null;
  }

  get ahead() {
    return this.#groups[this.#at + 1];
  }

  get isAsking() {
    return this.#asking !== null;
  }

  /** Of how many groups what was said was refused, and not said again yet. */
  get refused() {
    return this.#groups.filter(({ conflict, problem }) => conflict || problem).length;
  }

  /** Begin with a group, of which this is the image that was come to. */
  begin(group, digest) {
    this.#last = digest;
    this.#append([group]);
    this.#at = 0;
  }

  /** Put groups at the end that are not to come anyway. */
  #append(groups) {
    const coming = new Set(this.#groups.slice(Math.max(this.#at, 0)).map(({ digest }) => digest));
    for (const group of groups) if (!coming.has(group.digest)) this.#groups.push(new Said(group));
  }

  /** Tell how many are left, as an answer of the archive says. */
  tellLeft(answer) {
    this.#tells += 1;
    this.#tellLeft(answer);
  }

  async #more() {
    const after = this.#isEnd ? {} : { after: this.#last };
    const query = new URLSearchParams({ ...Object.fromEntries(this.#through), ...after, n: MANY });
    if (this.#isEnd) await this.#outbox.idle(); // what is on its way out waits no longer then
    const tells = this.#tells;
    const { status, body } = await ask("GET", `queue/?${query}`);
    this.problem = status === 200 ? null : body.error;
    if (this.problem) return;
    if (tells === this.#tells) this.tellLeft(body); // else a word was saved meanwhile: this may be of before
    this.#append(body.groups);
    this.#isEnd = body.end;
    this.#last = body.last;
  }

  /** Ask for more groups, once at a time. */
  fetch() {
    this.#asking ??= this.#more().finally(() => { this.#asking = null; });
    return this.#asking;
  }

  /** Ask for more before they are needed. */
  fetchAhead() {
    if (this.#groups.length - this.#at < FEW && !this.#isEnd) this.fetch();
  }

  next() {
    this.#at = Math.min(this.#at + 1, this.#groups.length);
    this.#at -= this.#groups.splice(0, this.#at - this.#most).length;
  }

  previous() {
    if (this.#at > 0) this.#at -= 1;
  }

  /** Go to a group; stay where it is not there any more. */
  goTo(said) {
    const found = this.#groups.indexOf(said);
    if (found >= 0) this.#at = found;
  }

  /** The group of this digest. */
  find(digest) {
    return this.#groups.find((each) => each.digest === digest);
  }

  /** Ask for a group as it is, unless more was said of it since a letter. */
  async renew(said, letter) {
    const { status, body } = await ask("GET", `group/${said.digest}/`);
    if (status === 200 && said.letter === letter) said.group = body;
  }

  /** Put a group at the end. */
  putLast(said) {
    this.#groups.push(said);
  }

  /** Put a group behind the one that is looked at. */
  putNext(said) {
    this.#groups.splice(this.#at + 1, 0, said);
  }

  /** Put a group in front of the one that is looked at, and go to it. */
  putHere(said) {
    this.#groups.splice(Math.max(this.#at, 0), 0, said);
  }

  /** Leave out what is still to come and of which nothing is said, where images of it are these. */
  drop(digests) {
    const isGone = (said) => !said.isChanged && said.group.members.some(({ digest }) => digests.includes(digest));
    this.#groups = this.#groups.filter((said, number) => number <= this.#at || !isGone(said));
  }

  /** Forget all. */
  clear() {
    this.#groups = [];
    this.#at = -1;
  }
}
