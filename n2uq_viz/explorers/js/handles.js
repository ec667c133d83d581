// What a hand takes hold of: edges on the axis, thresholds on the steps. Each is a focusable slider that
// assistive technology can read and move.

import { edgeLimits, moveEdge, moveThreshold, thresholdLimits, thresholds } from "./geometry.js";
import { short } from "./format.js";
import { px, setAttributes, setText, show, svgNode } from "./svg.js";

const HIT_SIZE = 28;
const SHAPE_SIZE = 11;

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

export function createHandles(parent, text) {
  const group = svgNode("g", parent);
  const label = svgNode("text", parent, { class: "n2uq-handle-label", "aria-hidden": "true" });
  let handles = [];
  let drawn = {};

  function frame(scene) {
    group.replaceChildren();
    drawn = {};
    handles = handleList(scene.q.edges.length).map((handle) => {
      const element = svgNode("g", group, {
        class: `n2uq-handle n2uq-${handle.kind}`,
        role: "slider",
        tabindex: 0,
        "data-handle": handle.id,
        "aria-label": text(`handle.${handle.kind}`, { i: handle.number }),
        "aria-orientation": "horizontal",
      });
      svgNode("rect", element, { class: "n2uq-hit", x: -HIT_SIZE / 2, y: -HIT_SIZE / 2, width: HIT_SIZE, height: HIT_SIZE });
      const half = SHAPE_SIZE / 2;
      svgNode("rect", element, {
        class: "n2uq-shape",
        x: -half,
        y: -half,
        width: SHAPE_SIZE,
        height: SHAPE_SIZE,
        ...(handle.kind === "threshold" ? { transform: "rotate(45) scale(0.85)" } : {}),
      });
      return { ...handle, element, at: [0, 0] };
    });
  }

  function update(scene) {
    const { q, t, view, selected, layout: { x, y, panels, fontSize } } = scene;
    const same = scene.layout === drawn.layout && q.edges.length === drawn.edges?.length && selected === drawn.selected;
    for (const handle of handles) {
      const edge = handle.kind === "edge";
      // Where a handle and the edges that limit it are as they were, there is nothing to write.
      const near = edge ? [-1, 0, 1] : [-1, 0, 1, 2];
      if (same && near.every((k) => q.edges[handle.index + k] === drawn.edges[handle.index + k])) continue;
      const value = edge ? q.edges[handle.index] : t[handle.index];
      const height = edge ? panels.forward.bottom : y((q.levels[handle.index] + q.levels[handle.index + 1]) / 2);
      const seen = value >= view[0] && value <= view[1];
      handle.at = seen ? [x(value), height] : null;
      show(handle.element, seen);
      const [low, high] = handleLimits(q, handle);
      setAttributes(handle.element, {
        ...(seen ? { transform: `translate(${px(x(value))} ${px(height)})` } : {}),
        class: `n2uq-handle n2uq-${handle.kind}${handle.id === selected ? " n2uq-selected" : ""}`,
        "aria-valuenow": value,
        // A value outside its limits would be a lie: free ends reach at least to the view's end.
        "aria-valuemin": Number.isFinite(low) ? low : Math.min(view[0], value),
        "aria-valuemax": Number.isFinite(high) ? high : Math.max(view[1], value),
        "aria-valuetext": text("handle.value", { name: text(`handle.${handle.kind}`, { i: handle.number }), value: short(value) }),
      });
      // In the title row, where it covers no data.
      if (handle.id === selected) {
        setText(label, text(`handle.${handle.kind}.equals`, { i: handle.number, value: short(value) }));
        setAttributes(label, { x: px(panels.forward.right), y: px(panels.forward.top - 0.6 * fontSize), "text-anchor": "end" });
      }
    }
    drawn = { layout: scene.layout, edges: q.edges, selected };
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
  return { element: group, frame, update, nearest, find };
}
