// N2UQ as uniform rounding of a learned curve: the expectation is the curve, halfway between two levels is where
// rounding changes its mind, and where the curve passes that height the threshold lies.

import { expectation } from "./geometry.js";
import { linePath, px, setAttributes, show, svgNode } from "./svg.js";

export function createCompander(parent, clip) {
  const group = svgNode("g", parent, { "clip-path": clip, "aria-hidden": "true" });
  const strips = svgNode("g", group, { class: "n2uq-strips" });
  const ways = svgNode("path", group, { class: "n2uq-way" });
  const curve = svgNode("path", group, { class: "n2uq-expectation" });

  function update({ q, t, view, shownPanels, levelColors, layout: { x, rounded, panels } }) {
    const visible = shownPanels.includes("compander");
    show(group, visible);
    if (!visible) return;
    const { left, right, top, bottom } = panels.compander;
    const heights = t.map((_, i) => rounded((q.levels[i] + q.levels[i + 1]) / 2));
    while (strips.childElementCount < q.levels.length) svgNode("rect", strips);
    while (strips.childElementCount > q.levels.length) strips.lastChild.remove();
    const bounds = [bottom, ...heights, top];
    levelColors.forEach((fill, i) => {
      setAttributes(strips.children[i], { x: px(left), y: px(bounds[i + 1]), width: px(right - left), height: px(bounds[i] - bounds[i + 1]), fill });
    });
    setAttributes(ways, { d: t.map((at, i) => `M${px(left)} ${px(heights[i])}H${px(x(at))}V${px(bottom)}`).join("") });
    const corners = q.edges.map((b, i) => [x(b), rounded(q.levels[i])]).filter(([at]) => at > left && at < right);
    const [from, to] = view.map((v) => [x(v), rounded(expectation(q, v))]);
    setAttributes(curve, { d: linePath([from, ...corners, to]) });
  }

  return { update };
}
