// The job that runs: asked for each second while one does and the tab is seen, else each 15 s.
// Asking counts as no use, so it keeps no archive unlocked.

import { ask } from "./data.js";
import { icon, made } from "./dom.js";
import { here, leaveFor } from "./viewer.js";

const chip = document.querySelector("[data-job]");
const shown = document.querySelector("[data-ended]");
let runs = !chip.hidden;
let timer;

function tell(job) {
  const part = job.part === null ? "" : ` ${Math.round(100 * job.part)}%`;
  chip.textContent = `${job.called}${part}`;
  const bar = document.querySelector("progress");
  if (!shown || !bar) return;
  if (job.part === null) bar.removeAttribute("value");
  else bar.value = job.part;
  const step = document.querySelector("[data-step]");
  const now = step.parentElement;
  now.parentElement.replaceChildren(...job.steps.map((words) => made("li", {}, icon("keep"), ` ${words}`)), now);
  step.textContent = job.step;
  const left = job.left === null ? "" : `, about ${job.left < 90 ? `${job.left} s` : `${Math.round(job.left / 60)} min`} left`;
  document.querySelector("[data-left]").textContent = left;
}

function show(told) {
  runs = told.running !== null;
  chip.hidden = !runs;
  if (runs) tell(told.running);
  if (!shown) return;
  const now = [told.running?.number ?? "", told.ended ?? ""].join();
  if (now !== [shown.dataset.running, shown.dataset.ended].join()) {
    location.replace(here()); // what was done is told by the page
    return;
  }
  const others = told.others.map((holder) => made("li", {}, `${holder} has this archive open too.`));
  document.querySelector("[data-others]").replaceChildren(...others);
}

async function look() {
  const { status, body } = await ask("GET", "jobs/");
  if (status === 423) return leaveFor(here());
  if (status === 200) show(body);
  return wait(status !== 0);
}

function wait(isThere = true) {
  clearTimeout(timer);
  timer = setTimeout(look, isThere && runs && !document.hidden ? 1000 : 15000);
}

document.addEventListener("visibilitychange", () => document.hidden || look());
wait();
