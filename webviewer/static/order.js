// The order of a list: what is chosen is shown at once. Without this a button does it.

const form = document.querySelector("form.order");
form.addEventListener("change", () => form.requestSubmit());
