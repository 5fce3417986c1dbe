// A batch that is looked at: how many groups are ticked, and the key that accepts them.

import { bind } from "./keys.js";

const form = document.getElementById("batch");

if (form) {
  const boxes = [...form.querySelectorAll("[name=take]")];
  const total = Number(form.dataset.total);
  // Those of other pages stay as they are.
  const elsewhere = Number(form.dataset.chosen) - boxes.filter((box) => box.defaultChecked).length;
  const tell = () => {
    const chosen = (elsewhere + boxes.filter((box) => box.checked).length).toLocaleString("en");
    form.querySelector("strong[data-chosen]").textContent =
      `${chosen} of ${total.toLocaleString("en")} ${total === 1 ? "group" : "groups"}`;
    form.querySelector("[data-accept]").textContent = chosen;
  };
  form.addEventListener("change", tell);
  tell();
  bind([
    [["Ctrl+Enter"], "Accept what is ticked", () => form.requestSubmit(form.querySelector(".primary"))],
  ], "Many groups at once");
}
