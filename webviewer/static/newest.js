// The newest pictures of users, where the page had no time for them: those in sight, one at a time.

import { givenUp } from "./again.js";
import { bring } from "./fragments.js";

let turn = Promise.resolve();

async function fill(box) {
  try {
    const { content } = await bring(`newest/${box.dataset.newestOf}/`);
    box.replaceChildren(content);
  } catch {
    box.replaceChildren(givenUp(() => fill(box)));
  }
}

const near = new IntersectionObserver((entries) => {
  for (const { target } of entries.filter((each) => each.isIntersecting)) {
    near.unobserve(target);
    turn = turn.then(() => fill(target));
  }
}, { rootMargin: "50% 0px" });
for (const box of document.querySelectorAll("[data-newest-of]")) near.observe(box);
