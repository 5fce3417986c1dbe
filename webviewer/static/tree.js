// The tree of tags by keys: arrows go through it, F2 leads to the field that renames the tag.

const tree = document.querySelector(".tree");
const links = [...tree.querySelectorAll("li a")];
const depth = (link) => Number(link.parentElement.dataset.depth);

for (const link of links) link.parentElement.style.setProperty("--depth", depth(link));

function above(at) {
  const found = links.slice(0, at).findLastIndex((each) => depth(each) < depth(links[at]));
  return found < 0 ? at : found;
}

tree.addEventListener("keydown", (event) => {
  const at = links.indexOf(document.activeElement);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const isParent = at + 1 < links.length && depth(links[at + 1]) > depth(links[at]);
  const to = {
    ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: links.length - 1,
    ArrowLeft: above(at), ArrowRight: isParent ? at + 1 : at,
  }[event.key];
  if (event.key === "F2" && links[at].ariaCurrent === "page") {
    document.querySelector("details.manage").open = true;
    document.getElementById("renamed").select();
  } else if (to === undefined) return;
  event.preventDefault();
  links[to]?.focus();
});
