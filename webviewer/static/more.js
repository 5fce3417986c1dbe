// The menu of what is the same on all pages: the theme, kept in a cookie that the server reads; keys.

import { help } from "./keys.js";

const menu = document.querySelector(".more");
const page = document.documentElement;

menu.querySelector("[data-theme-of]").addEventListener("change", ({ target }) => {
  const age = target.value ? 31536000 : 0;
  document.cookie = `viewer-theme=${target.value}; path=/viewer/; samesite=strict; max-age=${age}`;
  if (target.value) page.dataset.theme = target.value;
  else delete page.dataset.theme;
});
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
