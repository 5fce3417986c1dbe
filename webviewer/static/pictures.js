// Pictures that were asked for, held for as long as they may be shown: a browser that may keep
// nothing asks for them again as soon as their element is gone.

const held = new Map();
const thumbs = new Map();

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

/** The small picture of a member: the same element each time, which takes it to where it is put. */
export function thumb(member) {
  if (!member.thumb) return null;
  if (!thumbs.has(member.digest)) {
    const element = new Image(64, 64);
    Object.assign(element, { alt: "", draggable: false, src: member.thumb });
    thumbs.set(member.digest, element);
  }
  return thumbs.get(member.digest);
}

/** Hold the pictures of these alone, and the small pictures of a group alone. */
export function keep(members, group = []) {
  for (const [map, wanted] of [[held, members], [thumbs, group]]) {
    const digests = new Set(wanted.map(({ digest }) => digest));
    for (const digest of map.keys()) if (!digests.has(digest)) map.delete(digest);
  }
  members.forEach(picture);
}
