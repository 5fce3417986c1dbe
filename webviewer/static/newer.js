// A line that says how many pictures of this view have come since it was opened: what is looked at
// stays where it is until one wants to see them. To ask is no use, so the archive locks all the same.

import { ask } from "./data.js";
import { made } from "./dom.js";
import { here } from "./viewer.js";

const PAUSE = 30_000; // milliseconds
const { of, query, newest } = document.querySelector("ul.grid[data-of]").dataset;
const line = made("p", { className: "hint newer", hidden: true });
line.setAttribute("role", "status");
document.querySelector(".endless").before(line);

async function look() {
  if (document.hidden) return;
  const { status, body } = await ask("GET", `newer/?${query}&of=${encodeURIComponent(of)}&since=${newest}`);
  if (status !== 200 || !body.many) return;
  const words = `Show ${new Intl.NumberFormat("en").format(body.many)} new`;
  line.hidden = false;
  if (line.textContent !== words) line.replaceChildren(made("a", { href: here() }, words));
}

setInterval(look, PAUSE);
document.addEventListener("visibilitychange", look);
