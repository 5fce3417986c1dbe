// Pictures that were asked for, held for as long as they may be shown: a browser that may keep
// nothing asks for them again as soon as their element is gone.

const held = new Map();

function load({ digest, picture, width, height }, alt) {
  const element = new Image();
  const found = { digest, element, width, height, state: "loading", ready: null };
  element.alt = alt;
  element.draggable = false;
  element.src = picture;
  found.ready = element.decode().then(
    () => {
      found.state = "ready";
      found.width ??= element.naturalWidth;
      found.height ??= element.naturalHeight;
    },
    () => { found.state = "failed"; },
  );
  return found;
}

/** A picture of a group, as an element that shows it, and when it is decoded. */
export function picture(member) {
  if (!member.picture) {
    return { digest: member.digest, element: null, state: "failed", ready: Promise.resolve() };
  }
  if (!held.has(member.digest)) held.set(member.digest, load(member, `Picture ${member.number}`));
  return held.get(member.digest);
}

/** Hold these alone. */
export function keep(members) {
  const wanted = new Set(members.map(({ digest }) => digest));
  for (const digest of held.keys()) if (!wanted.has(digest)) held.delete(digest);
  members.forEach(picture);
}
