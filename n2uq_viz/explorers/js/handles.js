// Handles on the picture: what a hand drags, and what a screen reader calls a slider. A handle is
// {id, kind, number, index}; kinds are edges (squares), thresholds (diamonds), inputs, epochs and scales (triangles).

import { fanOut } from "./fan.js";
import { short } from "./format.js";
import { edgeLimits, moveEdge, moveThreshold, thresholdLimits, thresholds } from "./geometry.js";
import { px, setAttributes, setText, show, svgNode } from "./svg.js";

// What a finger can hit; handles nearer than that to each other fan out.
const HIT_SIZE = 24;
// How far below the axis they stand then, so that lines lead to where they belong.
const LOWER = 6;

// All handles of a quantizer with that many edges, from left to right: edge 0, threshold 1, edge 1, ...
export function handleList(edges) {
  const list = [];
  for (let i = 0; i < edges; i += 1) {
    if (i > 0) list.push({ kind: "threshold", index: i - 1, number: i, id: `threshold-${i}` });
    list.push({ kind: "edge", index: i, number: i, id: `edge-${i}` });
  }
  return list;
}

export function handleValue(q, handle) {
  return handle.kind === "edge" ? q.edges[handle.index] : thresholds(q)[handle.index];
}

export function handleLimits(q, handle) {
  return handle.kind === "edge" ? edgeLimits(q, handle.index) : thresholdLimits(q, handle.index);
}

export function moveHandle(q, handle, to) {
  return handle.kind === "edge" ? moveEdge(q, handle.index, to) : moveThreshold(q, handle.index, to);
}

// Where the handles of a quantizer belong: edges on the axis, thresholds on the steps; null where that is out of view.
// steps: of how many of its steps there are handles to be seen.
export function handlePlaces(list, q, t, view, x, y, bottom, steps = t.length) {
  return list.map((handle) => {
    const edge = handle.kind === "edge";
    const value = edge ? q.edges[handle.index] : t[handle.index];
    const seen = value >= view[0] && value <= view[1] && handle.number <= steps;
    const height = edge ? bottom : y((q.levels[handle.index] + q.levels[handle.index + 1]) / 2);
    const [low, high] = handleLimits(q, handle);
    return { value, low, high, at: seen ? [x(value), height] : null };
  });
}

const SHAPES = {
  edge: "M-5.5-5.5h11v11h-11Z",
  threshold: "M0-6.6L6.6 0L0 6.6L-6.6 0Z",
  probe: "M0-7L7 5.5H-7Z",
  point: "M0-7L7 5.5H-7Z",
  epoch: "M0-7L7 5.5H-7Z",
  scale: "M0-7L7 5.5H-7Z",
};

// Handles of one kind keep HIT_SIZE apart: in x as much as their heights leave to do. The one that is held goes with the
// hand, and the others make way for it.
function spread(handles, places, [left, right], held) {
  const kinds = new Map();
  handles.forEach(({ kind }, k) => {
    if (!places[k].at) return;
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(k);
  });
  const shifted = new Array(handles.length).fill(null);
  for (const members of kinds.values()) {
    members.sort((a, b) => places[a].at[0] - places[b].at[0]);
    const gaps = members.map((k, n) => {
      if (n === 0) return 0;
      const rise = places[k].at[1] - places[members[n - 1]].at[1];
      return Math.sqrt(Math.max(0, HIT_SIZE ** 2 - rise ** 2));
    });
    const wanted = members.map((k) => places[k].at[0]);
    const crowded = wanted.some((at, n) => n > 0 && at - wanted[n - 1] < gaps[n] - 1e-9);
    const anchor = members.findIndex((k) => handles[k].id === held?.id);
    const found = anchor >= 0 ? fanAround(wanted, gaps, anchor, wanted[anchor] + held.shift, left, right) : crowded ? fanOut(wanted, gaps, left, right) : wanted;
    members.forEach((k, n) => { shifted[k] = found[n]; });
  }
  return shifted;
}

function fanAround(wanted, gaps, anchor, place, left, right) {
  const before = fanOut(wanted.slice(0, anchor), gaps.slice(0, anchor), left, Math.max(left, place - gaps[anchor]));
  const after = fanOut(wanted.slice(anchor + 1), gaps.slice(anchor + 1), Math.min(right, place + (gaps[anchor + 1] ?? 0)), right);
  return [...before, place, ...after];
}

export function createHandles(parent, text) {
  const leaders = svgNode("path", parent, { class: "n2uq-leader", "aria-hidden": "true" });
  const group = svgNode("g", parent);
  const label = svgNode("text", parent, { class: "n2uq-handle-label", "aria-hidden": "true" });
  let handles = [];
  let known = "";
  let held = null; // {id, shift}: how far from where it belongs it stood when the hand took it

  // A focused handle survives as long as the list of handles stays the same.
  function frame(list) {
    const wanted = list.map(({ id }) => id).join();
    if (wanted === known) return;
    known = wanted;
    group.replaceChildren();
    handles = list.map((handle) => {
      const element = svgNode("g", group, {
        class: `n2uq-handle n2uq-${handle.kind}`,
        role: "slider",
        tabindex: 0,
        "data-handle": handle.id,
        "aria-label": text(`handle.${handle.kind}`, { i: handle.number }),
        "aria-orientation": "horizontal",
      });
      svgNode("rect", element, { class: "n2uq-hit", x: -HIT_SIZE / 2, y: -HIT_SIZE / 2, width: HIT_SIZE, height: HIT_SIZE });
      svgNode("path", element, { class: "n2uq-shape", d: SHAPES[handle.kind] });
      return { ...handle, element, at: [0, 0], drawn: "" };
    });
  }

  // places[k]: {value, low, high, at: where it belongs in pixels or null if out of view}. limits: the view, for handles
  // that are free to leave it. room: the pixels that handles may spread over. corner: where the selected one is named.
  function update(places, { selected, view, room, corner }) {
    const shifted = spread(handles, places, room, held);
    const lines = [];
    handles.forEach((handle, k) => {
      const { value, low, high, at } = places[k];
      handle.belongs = at;
      handle.at = null;
      if (at) {
        const moved = Math.abs(shifted[k] - at[0]) > 0.5;
        handle.at = [shifted[k], at[1] + (moved && handle.kind !== "threshold" ? LOWER : 0)];
        if (moved) lines.push(`M${px(at[0])} ${px(at[1])}L${px(handle.at[0])} ${px(handle.at[1])}`);
      }
      const name = text(`handle.${handle.kind}`, { i: handle.number });
      // Most handles stay as they are in a move: for them there is nothing to write.
      const drawn = `${value} ${low} ${high} ${handle.at} ${handle.id === selected} ${view}`;
      if (drawn !== handle.drawn) {
        handle.drawn = drawn;
        show(handle.element, at !== null);
        setAttributes(handle.element, {
          ...(at ? { transform: `translate(${px(handle.at[0])} ${px(handle.at[1])})` } : {}),
          class: `n2uq-handle n2uq-${handle.kind}${handle.id === selected ? " n2uq-selected" : ""}`,
          "aria-valuenow": value,
          // A value outside its limits would be a lie: free ends reach at least to the view's end.
          "aria-valuemin": Number.isFinite(low) ? low : Math.min(view[0], value),
          "aria-valuemax": Number.isFinite(high) ? high : Math.max(view[1], value),
          "aria-valuetext": text(["epoch", "scale"].includes(handle.kind) ? `handle.${handle.kind}.value` : "handle.value", { name, value: short(value) }),
        });
      }
      // In the title row, where it covers no data.
      if (handle.id === selected) {
        setText(label, text(`handle.${handle.kind}.equals`, { i: handle.number, value: short(value) }));
        setAttributes(label, { x: px(corner[0]), y: px(corner[1]), "text-anchor": "end" });
      }
    });
    setAttributes(leaders, { d: lines.join("") });
    // Edges and thresholds cannot pass each other; inputs can.
    if (handles.length && handles[0].kind === "point") sortByPlace();
  }

  // Tab goes from left to right. The handle that has the focus would lose it if it were moved: the others move around it.
  function sortByPlace() {
    const sorted = handles.slice().sort((a, b) => (a.at?.[0] ?? Infinity) - (b.at?.[0] ?? Infinity));
    const elements = sorted.map(({ element }) => element);
    if (elements.every((element, k) => group.children[k] === element)) return;
    const focused = elements.findIndex((element) => element === document.activeElement);
    elements.forEach((element, k) => {
      if (focused < 0 || k > focused) group.append(element);
      else if (k < focused) group.insertBefore(element, elements[focused]);
    });
  }

  // The handle nearest to a point of the picture, if one is within reach.
  function nearest([left, top], reach) {
    let best = null;
    let distance = reach;
    for (const handle of handles) {
      if (!handle.at) continue;
      const away = Math.hypot(handle.at[0] - left, handle.at[1] - top);
      if (away < distance) [best, distance] = [handle, away];
    }
    return best;
  }

  const find = (id) => handles.find((handle) => handle.id === id);
  return {
    element: group,
    frame,
    update,
    nearest,
    find,
    hold: ({ id, at, belongs }) => { held = { id, shift: at[0] - belongs[0] }; },
    letGo: () => { held = null; },
  };
}
