// The job that runs: asked for each second while one does and the tab is seen, else each 15 s.
// Asking counts as no use, so it keeps no archive unlocked.

import { here, leaveFor } from "./viewer.js";

const ASKED = "/viewer/data/jobs/";
const chip = document.querySelector("[data-job]");
const shown = document.querySelector("[data-ended]");
let runs = !chip.hidden;
let tag;
let timer;

function tell(job) {
  const part = job.part === null ? "" : ` ${Math.round(100 * job.part)}%`;
  chip.textContent = `${job.called}${part}`;
  const bar = document.querySelector("progress");
  if (!shown || !bar) return;
  if (job.part === null) bar.removeAttribute("value");
  else bar.value = job.part;
  document.querySelector("[data-step]").textContent = job.step;
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
  const others = told.others.map((holder) => {
    const line = document.createElement("li");
    line.textContent = `${holder} has this archive open too.`;
    return line;
  });
  document.querySelector("[data-others]").replaceChildren(...others);
}

async function ask() {
  const answer = await fetch(ASKED, tag ? { headers: { "If-None-Match": tag } } : {}).catch(() => null);
  if (answer?.status === 423) return leaveFor(here());
  if (answer?.ok) {
    tag = answer.headers.get("ETag");
    show(await answer.json());
  }
  wait();
}

function wait() {
  clearTimeout(timer);
  timer = setTimeout(ask, runs && !document.hidden ? 1000 : 15000);
}

document.addEventListener("visibilitychange", () => document.hidden || ask());
wait();
