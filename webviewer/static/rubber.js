// A frame that is drawn over a grid with the mouse: which places of it the frame touches is told by
// arithmetic, as most cells are not on the page.

import { made } from "./dom.js";

const FAR = 6; // pixels from where the button went down: less is a click

/**
 * Let frames be drawn where `isOn` says so.
 * @param {HTMLElement} grid whose cells are squares in rows, without gaps between sections.
 * @param {() => boolean} isOn whether a frame is wanted.
 * @param {(rows: [number, number][]) => void} choose is given the first and last place of each row.
 */
export function drawFrames(grid, isOn, choose) {
  const frame = made("div", { className: "frame" });
  let from = null;

  grid.addEventListener("dragstart", (event) => isOn() && event.preventDefault()); // links are dragged else
  grid.addEventListener("pointerdown", (event) => {
    if (isOn() && event.button === 0 && event.pointerType === "mouse") from = { x: event.pageX, y: event.pageY };
  });
  addEventListener("pointermove", (event) => {
    if (!from || (!frame.isConnected && Math.hypot(event.pageX - from.x, event.pageY - from.y) < FAR)) return;
    if (!frame.isConnected) document.body.append(frame);
    const { left, top, right, bottom } = spanned(event);
    const sides = { left, top, width: right - left, height: bottom - top };
    for (const [name, value] of Object.entries(sides)) frame.style.setProperty(name, `${value}px`);
  });
  addEventListener("pointerup", (event) => {
    const isDrawn = frame.isConnected;
    const around = from && spanned(event);
    from = null;
    frame.remove();
    if (!isDrawn) return;
    addEventListener("click", stopIt, { capture: true, once: true }); // which is no click on a cell
    setTimeout(() => removeEventListener("click", stopIt, { capture: true }));
    choose(touched(around));
  });
  addEventListener("pointercancel", () => { from = null; frame.remove(); });

  const spanned = (event) => ({
    left: Math.min(from.x, event.pageX), right: Math.max(from.x, event.pageX),
    top: Math.min(from.y, event.pageY), bottom: Math.max(from.y, event.pageY),
  });

  function touched({ left, top, right, bottom }) {
    const box = grid.getBoundingClientRect();
    const columns = Number(grid.style.getPropertyValue("--columns"));
    const gap = Number.parseFloat(grid.style.getPropertyValue("--gap"));
    const pitch = (box.width + gap) / columns;
    const column = (x) => Math.min(Math.max(Math.floor((x - box.left - scrollX) / pitch), 0), columns - 1);
    const row = (y) => Math.max(Math.floor((y - box.top - scrollY) / pitch), 0);
    const rows = [];
    for (let each = row(top); each <= row(bottom); each++) {
      rows.push([each * columns + column(left), each * columns + column(right)]);
    }
    return rows;
  }
}

function stopIt(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
