// Two pictures on one stage, however they are compared: one spot is in the middle, at one zoom.

import { made } from "./dom.js";

const STEP = 1.25;
const MOST = 32;
const SAME_SHAPE = 0.02; // sides of "the same picture" differ by no more

const PAN = 60; // pixels of a key
const PANS = {
  "Shift+ArrowLeft": [-PAN, 0], "Shift+ArrowRight": [PAN, 0],
  "Shift+ArrowUp": [0, -PAN], "Shift+ArrowDown": [0, PAN],
};

const between = (low, value, high) => Math.min(Math.max(value, low), high);

export class Stage {
  mode = "beside";
  #zoom = 1;
  #spot = { x: 0.5, y: 0.5 };
  #shown = { left: null, right: null };
  #pointers = new Map();
  #root;
  #panes;
  #tell;
  #largest;

  /**
   * @param {HTMLElement} root holds a pane `.left` and one `.right`.
   * @param {(words: string) => void} tell hears how large the pictures are.
   * @param {number} largest how many times as large as it is a picture is made to fit.
   */
  constructor(root, tell, largest = Infinity) {
    this.#largest = largest;
    this.#root = root;
    this.#tell = tell;
    this.#panes = { left: root.querySelector(".left"), right: root.querySelector(".right") };
    new ResizeObserver(() => this.#draw()).observe(root);
    root.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    root.addEventListener("dblclick", (event) => this.#whole(event));
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      root.addEventListener(kind, (event) => this.#pointer(event));
    }
    this.use("beside");
  }

  /** Show these two; the spot and the zoom stay. */
  show(left, right) {
    this.#shown = { left, right };
    for (const [side, pane] of Object.entries(this.#panes)) {
      const found = this.#shown[side];
      const inner = found?.element && found.state !== "failed" ? [found.element] : [];
      if (found && !inner.length) inner.push(broken());
      pane.replaceChildren(...inner);
    }
    this.#root.dataset.single = String(right === null);
    this.#draw();
    return this.#wait();
  }

  /** Whether both are decoded and there to be seen, or never will be. */
  get isReady() {
    return Object.values(this.#shown).every((each) => each === null || each.state !== "loading");
  }

  use(mode) {
    this.mode = mode;
    this.#root.dataset.mode = mode;
    this.hold(false);
    this.#draw();
  }

  /** Show the other one in place of the best, for as long as a key or a finger is held. */
  hold(isHeld) {
    this.#root.dataset.held = String(isHeld);
  }

  get isMirrored() {
    return this.#root.dataset.mirrored === "true";
  }

  mirror(isMirrored) {
    this.#root.dataset.mirrored = String(isMirrored);
  }

  strengthen(times) {
    this.#root.style.setProperty("--strength", times);
  }

  cut(percent) {
    this.#root.style.setProperty("--cut", `${percent}%`);
  }

  fit() {
    this.#zoom = 1;
    this.#draw();
  }

  /** One pixel of the left picture a pixel. */
  whole() {
    this.#zoom = 1 / this.#fitted("left");
    this.#draw();
  }

  nearer(by = STEP) {
    this.#to(this.#zoom * by);
  }

  further() {
    this.#to(this.#zoom / STEP);
  }

  pan(x, y) {
    const { width, height } = this.#box("left");
    this.#spot = { x: this.#spot.x + x / width, y: this.#spot.y + y / height };
    this.#draw();
  }

  #to(zoom) {
    const fitted = this.#fitted("left");
    this.#zoom = between(Math.min(1, 1 / fitted), zoom, MOST / fitted);
    this.#draw();
  }

  async #wait() {
    const shown = this.#shown;
    this.#root.dataset.ready = String(this.isReady);
    await Promise.all(Object.values(shown).map((each) => each?.ready));
    if (shown !== this.#shown) return;
    for (const [side, each] of Object.entries(shown)) {
      if (each?.state === "failed") this.#panes[side].replaceChildren(broken());
    }
    this.#draw();
    this.#root.dataset.ready = "true";
  }

  /** How much larger than its pixels a picture is that just fits. */
  #fitted(side) {
    const { width, height } = this.#shown[side] ?? {};
    const pane = this.#panes[side];
    if (!width || !height) return 1;
    return Math.min(pane.clientWidth / width, pane.clientHeight / height, this.#largest) || 1;
  }

  /** How large a picture is drawn; laid over the left one, one of nearly its shape has its size. */
  #box(side) {
    const { left } = this.#shown;
    const found = this.#shown[side];
    const shape = (each) => each.width / each.height;
    const laidOver = this.mode !== "beside" && side === "right" && left?.width && found?.width;
    if (laidOver && Math.abs(shape(found) / shape(left) - 1) <= SAME_SHAPE) return this.#box("left");
    const scale = this.#fitted(side) * this.#zoom;
    return { width: (found?.width ?? 1) * scale, height: (found?.height ?? 1) * scale, scale };
  }

  #draw() {
    const scales = [];
    for (const side of ["left", "right"]) {
      const found = this.#shown[side];
      if (!found?.element || !found.width) continue;
      const pane = this.#panes[side];
      const { width, height } = this.#box(side);
      const x = placed(pane.clientWidth, width, this.#spot.x);
      const y = placed(pane.clientHeight, height, this.#spot.y);
      if (side === "left") {
        this.#spot = { x: (pane.clientWidth / 2 - x) / width, y: (pane.clientHeight / 2 - y) / height };
      }
      Object.assign(found.element.style, {
        left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px`,
      });
      scales.push(`${Math.round((100 * width) / found.width)}%`);
    }
    const [one, other = one] = scales;
    const sizes = one === other ? one : `${one} and ${other}`;
    if (one) this.#tell(this.#zoom === 1 ? `fit: ${sizes}` : sizes);
  }

  /** Zoom so that what is under the pointer stays there. */
  #at(event, by) {
    const side = this.mode === "beside" && this.#panes.right.contains(event.target) ? "right" : "left";
    const pane = this.#panes[side].getBoundingClientRect();
    const away = { x: event.clientX - pane.left - pane.width / 2, y: event.clientY - pane.top - pane.height / 2 };
    const before = this.#box(side);
    const point = { x: this.#spot.x + away.x / before.width, y: this.#spot.y + away.y / before.height };
    this.#to(this.#zoom * by);
    const after = this.#box(side);
    this.#spot = { x: point.x - away.x / after.width, y: point.y - away.y / after.height };
    this.#draw();
  }

  #wheel(event) {
    event.preventDefault();
    this.#at(event, event.deltaY < 0 ? STEP : 1 / STEP);
  }

  #whole(event) {
    if (this.#zoom === 1) this.#at(event, 1 / this.#fitted("left"));
    else this.fit();
  }

  /** Drag with one pointer, pinch with two; in the mode that flickers a press shows the other. */
  #pointer(event) {
    const was = this.#pointers.get(event.pointerId);
    if (event.type === "pointermove" && !was) return;
    if (event.type === "pointerup" || event.type === "pointercancel") {
      this.#pointers.delete(event.pointerId);
      this.hold(false);
      return;
    }
    const now = { x: event.clientX, y: event.clientY };
    this.#pointers.set(event.pointerId, now);
    if (!was) {
      this.#root.setPointerCapture(event.pointerId);
      this.hold(this.mode === "flicker");
      return;
    }
    const [other] = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    const far = (each) => Math.hypot(each.x - other.x, each.y - other.y);
    if (other) this.#at(event, far(now) / (far(was) || 1));
    else this.pan(was.x - now.x, was.y - now.y);
  }
}

/** Keys that a stage has wherever it stands; `screen` is what fills it. */
export const keysOf = (stage, screen) => [
  [["+", "="], "Zoom in", () => stage.nearer()],
  [["-"], "Zoom out", () => stage.further()],
  [["0"], "Fit to the window", () => stage.fit()],
  [["z"], "Actual size (100%)", () => stage.whole()],
  [["Shift+←→↑↓", ...Object.keys(PANS)], "Pan", (key) => stage.pan(...PANS[key])],
  [["e"], "Full screen", () => fillScreen(screen)],
];

/** Let an element fill the screen, or no more. */
export function fillScreen(element) {
  if (document.fullscreenElement) document.exitFullscreen();
  else element.requestFullscreen();
}

/** Where a picture begins so that a spot of it is in the middle, and no edge comes in without need. */
function placed(room, size, spot) {
  return size <= room ? (room - size) / 2 : between(room - size, room / 2 - spot * size, 0);
}

function broken() {
  return made("p", { className: "broken" }, "This picture can't be shown. 'fapproc check' shows more.");
}
