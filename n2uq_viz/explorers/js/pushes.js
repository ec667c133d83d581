// Which samples push which edge, and how hard: stems for samples that lie together, in one color per edge, and an arrow
// for each edge with the sum.

import { descentPushes } from "./descent.js";
import { nice } from "./layout.js";
import { paint, px, setAttributes, show, svgNode } from "./svg.js";

// Samples are taken together in so many ranges of equal width.
const RANGES = 40;
// Longest arrow, as a share of the panel.
const LONGEST = 0.14;
const HEAD = 4;

// Pushes on every edge from every range: {low, width, of: [range][edge], total: [edge], top: largest stack}.
export function gatherPushes(q, learned) {
  const { segment, left, right } = descentPushes(q, learned);
  const { x } = learned;
  const edges = q.edges.length;
  const low = x[0];
  const width = (x[x.length - 1] - low) / RANGES || 1;
  const of = Array.from({ length: RANGES }, () => new Float64Array(edges));
  const total = new Float64Array(edges);
  for (let k = 0; k < x.length; k += 1) {
    const i = segment[k];
    if (i < 1 || i >= edges) continue;
    const range = Math.min(RANGES - 1, Math.max(0, Math.floor((x[k] - low) / width)));
    of[range][i - 1] += left[k];
    of[range][i] += right[k];
    total[i - 1] += left[k];
    total[i] += right[k];
  }
  let top = 0;
  for (const pushes of of) {
    const [up, down] = pushes.reduce(([a, b], v) => (v > 0 ? [a + v, b] : [a, b - v]), [0, 0]);
    top = Math.max(top, up, down);
  }
  return { low, width, of, total, top };
}

export function createPushes(panel) {
  const zero = panel.path("n2uq-zero");
  const stems = svgNode("g", panel.marks);
  const heads = panel.path("n2uq-push-head");
  const arrows = svgNode("g", panel.marks);

  const members = (group, count) => {
    while (group.childElementCount < count) svgNode("path", group);
    while (group.childElementCount > count) group.lastChild.remove();
    return Array.from(group.children);
  };

  function update(q, found, colors, visible) {
    const { x, y, box } = panel;
    setAttributes(zero, { d: `M${px(box.left)} ${px(y(0))}H${px(box.right)}` });
    for (const group of [stems, heads, arrows]) show(group, visible);
    if (!visible) return;
    const thick = Math.max(1.5, 0.55 * (x(found.low + found.width) - x(found.low)));
    const paths = q.edges.map(() => []);
    const tips = [];
    found.of.forEach((pushes, r) => {
      const at = px(x(found.low + (r + 0.5) * found.width));
      const ends = { up: 0, down: 0 };
      pushes.forEach((push, i) => {
        if (push === 0) return;
        const side = push > 0 ? "up" : "down";
        paths[i].push(`M${at} ${px(y(ends[side]))}V${px(y(ends[side] + push))}`);
        ends[side] += push;
      });
      for (const [side, turn] of [["up", -1], ["down", 1]]) {
        const tip = y(ends[side]);
        if (Math.abs(tip - y(0)) > 2 * HEAD) tips.push(`M${at} ${px(tip + turn * HEAD)}l${HEAD} ${-turn * HEAD * 1.4}h${-2 * HEAD}Z`);
      }
    });
    members(stems, q.edges.length).forEach((stem, i) => {
      setAttributes(stem, { class: "n2uq-push", d: paths[i].join(""), "data-edge": i, "data-push": found.total[i] });
      paint(stem, { stroke: colors[i], strokeWidth: `${px(thick)}px` });
    });
    setAttributes(heads, { d: tips.join("") });
    // One scale for all arrows, in which every one that begins in the panel stays there.
    const scale = found.total.reduce((least, push, i) => {
      const room = push > 0 ? box.right - x(q.edges[i]) : x(q.edges[i]) - box.left;
      const seen = x(q.edges[i]) > box.left && x(q.edges[i]) < box.right;
      return seen && Math.abs(push) > 1e-12 ? Math.min(least, Math.min(LONGEST * (box.right - box.left), room) / Math.abs(push)) : least;
    }, Infinity);
    members(arrows, q.edges.length).forEach((arrow, i) => {
      const from = x(q.edges[i]);
      const long = Number.isFinite(scale) ? scale * found.total[i] : 0;
      const turn = Math.sign(long) || 1;
      const to = from + long;
      const body = Math.abs(long) < 1 ? "" : `M${px(from)} ${px(box.bottom - 8)}H${px(to)}m${-turn * HEAD * 1.6} ${-HEAD}l${turn * HEAD * 1.6} ${HEAD}l${-turn * HEAD * 1.6} ${HEAD}`;
      setAttributes(arrow, { class: "n2uq-push-sum", d: body, "data-edge": i, "data-push": found.total[i] });
    });
  }

  // Round numbers, so that the axis stays as it is from one step to the next.
  return { update, reach: (found) => (found.top > 0 ? nice(found.top) : 1) };
}
