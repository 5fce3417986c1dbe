// The menu of what is the same on all pages: looks, kept in cookies that the server reads; keys.

import { areOn, help, switchKeys } from "./keys.js";

const menu = document.querySelector(".more");
const page = document.documentElement;

/** Keep a choice in a cookie, and say it to the page; without one it is as usual. */
function keep(name, value) {
  const age = value ? 31536000 : 0;
  document.cookie = `viewer-${name}=${value}; path=/viewer/; samesite=strict; max-age=${age}`;
  if (value) page.dataset[name] = value;
  else delete page.dataset[name];
}

menu.querySelector("[data-theme-of]").addEventListener("change", ({ target }) => keep("theme", target.value));
menu.querySelector("[data-fit-of]").addEventListener("change", ({ target }) => keep("fit", target.value));
menu.querySelector("[data-density-of]").addEventListener("change", ({ target }) => {
  const button = document.querySelector(`button[data-density="${target.value}"]`);
  if (button) button.click(); // the grid of this page keeps it
  else document.cookie = `viewer-density=${target.value}; path=/viewer/; samesite=strict; max-age=31536000`;
});
const single = menu.querySelector("[data-single]");
single.addEventListener("change", () => switchKeys(single.checked));
menu.addEventListener("toggle", () => { single.checked = areOn(); });
menu.querySelector("[data-keys]").addEventListener("click", () => {
  menu.open = false;
  help();
});
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
addEventListener("click", ({ target }) => {
  if (!menu.contains(target)) menu.open = false;
});
