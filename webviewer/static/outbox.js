// Words on their way to the archive: in memory, one at a time, in the order in which they were said.

import { ask, renew } from "./data.js";

const FIRST = 250;
const LONGEST = 4000;
const TROUBLES = {
  locked: "The archive is locked: unlock it in another tab.",
  stranger: "Open the address with a token that was printed in the terminal when the viewer was started.",
};

const pause = (milliseconds) => new Promise((go) => { setTimeout(go, milliseconds); });

/** What an answer means: an end, or what keeps it from one. */
function trouble(status) {
  if (status === 423) return "locked";
  if (status === 403) return "stranger";
  return status === 0 || status >= 500 ? "away" : null;
}

/**
 * @typedef {object} Letter
 * @property {string} method
 * @property {string} path
 * @property {() => object | null} body what is said, when it is sent; null: nothing any more.
 * @property {() => string | undefined} version of what it was said, when it is sent.
 * @property {(status: number, body: any) => void} settle hears what came of it; status 0: nothing
 *   was sent.
 */
export class Outbox {
  #letters = [];
  #sending = false;
  #trouble = null;
  #tell;

  /** @param {(waiting: number, trouble: string | null) => void} tell hears of each change. */
  constructor(tell) {
    this.#tell = tell;
    addEventListener("beforeunload", (event) => this.waiting && event.preventDefault());
  }

  get waiting() {
    return this.#letters.length;
  }

  /** Send this after all that waits. */
  add(letter) {
    this.#letters.push(letter);
    this.told();
    if (!this.#sending) this.#work();
  }

  /** Take back what was not sent yet; whether it wasn't. */
  drop(letter) {
    const at = this.#letters.indexOf(letter);
    if (at < 1) return false; // the first is on its way
    this.#letters.splice(at, 1);
    this.told();
    return true;
  }

  /** Wait until nothing waits. */
  async idle() {
    while (this.waiting) await pause(FIRST);
  }

  async #work() {
    this.#sending = true;
    while (this.#letters.length) {
      const [letter] = this.#letters;
      const { status, body } = await this.#sent(letter);
      this.#letters.shift();
      letter.settle(status, body);
      this.told();
    }
    this.#sending = false;
  }

  /** Send it until there is an answer that ends it. */
  async #sent(letter) {
    for (let wait = FIRST, renewed = false, again = false; ; wait = Math.min(2 * wait, LONGEST)) {
      const body = letter.body();
      if (body === null) return { status: 0, body: null }; // not sent
      const answer = await ask(letter.method, letter.path, { body, version: letter.version(), again });
      again = true;
      const found = trouble(answer.status);
      if (found === "stranger" && !renewed && (await renew())) {
        renewed = true;
        continue;
      }
      renewed = false;
      this.#trouble = found && (TROUBLES[found] ?? answer.body.error);
      if (!found) return answer;
      this.told();
      await pause(found === "away" ? wait : LONGEST);
    }
  }

  /** Tell anew how many wait, and what keeps them. */
  told() {
    this.#tell(this.waiting, this.#trouble);
  }
}
