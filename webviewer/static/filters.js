// The form of filters: what is chosen is shown at once, and what is as always stays out of the address.

const form = document.getElementById("filters");
const USUAL = { portrait: "1", landscape: "1", tf1: "1", tf2: "1", tv1: "0", tv2: "0", dup: "0", q: "" };
const panel = form.querySelector("details");

form.addEventListener("change", ({ target }) => target.name !== "q" && form.requestSubmit());
form.addEventListener("formdata", ({ formData }) => {
  for (const [key, value] of Object.entries(USUAL)) {
    if (formData.get(key) === value) formData.delete(key);
  }
  if (panel.open) formData.set("filters", "1");
});
