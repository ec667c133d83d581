// Frames, grid lines, tick labels and panel titles: drawn anew only when the view or the size changes.

import { short } from "./format.js";
import { px, svgNode, ticks } from "./svg.js";

// The first and the last value always have their label; of the others, those for which there is room.
export function tickLabels(parent, values, position, minimum, place) {
  const places = values.map(position);
  const end = places[places.length - 1];
  let previous = Infinity;
  places.forEach((at, k) => {
    const last = k === places.length - 1;
    if (!last && (Math.abs(at - previous) < minimum || Math.abs(at - end) < minimum)) return;
    previous = at;
    place(values[k], at, svgNode("text", parent, { class: "n2uq-tick" }));
  });
}

// Lines go behind the data, words in front of it.
export function createAxes(behind, inFront, text) {
  const lines = svgNode("g", behind, { "aria-hidden": "true" });
  const group = svgNode("g", inFront, { "aria-hidden": "true" });

  function frame(scene) {
    const { panels, x, y, rounded, slope, share, fontSize, height, slopeTop, shareTop, numbers } = scene.layout;
    lines.replaceChildren();
    group.replaceChildren();
    const xTicks = ticks(scene.view[0], scene.view[1], Math.max(3, (panels.forward.right - panels.forward.left) / (6 * fontSize)));
    const middles = scene.q.levels.slice(1).map((level, i) => (scene.q.levels[i] + level) / 2);
    const slopeTicks = ticks(0, slopeTop, 3);
    const shareTicks = ticks(0, shareTop, 2);
    for (const name of scene.shownPanels) {
      const panel = panels[name];
      const vertical = xTicks.map((v) => `M${px(x(v))} ${px(panel.top)}V${px(panel.bottom)}`);
      const horizontal = { forward: scene.q.levels.map(y), compander: middles.map(rounded), backward: slopeTicks.map(slope), histogram: shareTicks.map(share) }[name].map(
        (at) => `M${px(panel.left)} ${px(at)}H${px(panel.right)}`,
      );
      svgNode("path", lines, { class: "n2uq-grid", d: [...vertical, ...horizontal].join("") });
      svgNode("path", lines, {
        class: "n2uq-axis",
        d: `M${px(panel.left)} ${px(panel.top)}V${px(panel.bottom)}H${px(panel.right)}`,
      });
      const title = svgNode("text", group, { class: "n2uq-title", x: px(panel.left), y: px(panel.top - 0.6 * fontSize) });
      title.textContent = text(`panel.${name}`);
    }
    const leftOf = (panel, words = (value) => short(Number(value.toPrecision(3)))) => (value, at, label) => {
      label.setAttribute("x", px(panel.left - 0.5 * fontSize));
      label.setAttribute("y", px(at + 0.35 * fontSize));
      label.setAttribute("text-anchor", "end");
      label.textContent = words(value);
    };
    tickLabels(group, scene.q.levels, y, 1.15 * fontSize, leftOf(panels.forward));
    if (scene.shownPanels.includes("compander")) tickLabels(group, scene.q.levels, rounded, 1.15 * fontSize, leftOf(panels.compander));
    if (scene.shownPanels.includes("backward")) tickLabels(group, slopeTicks, slope, 1.15 * fontSize, leftOf(panels.backward));
    if (scene.shownPanels.includes("histogram")) tickLabels(group, shareTicks, share, 1.15 * fontSize, leftOf(panels.histogram, (value) => `${short(100 * value)} %`));
    tickLabels(group, xTicks, x, 0, (value, at, label) => {
      label.setAttribute("x", px(at));
      label.setAttribute("y", px(panels.histogram.bottom + numbers));
      label.setAttribute("text-anchor", "middle");
      label.textContent = short(value);
    });
    const name = svgNode("text", group, {
      class: "n2uq-tick",
      x: px((panels.forward.left + panels.forward.right) / 2),
      y: px(height - 0.5 * fontSize),
      "text-anchor": "middle",
    });
    name.textContent = text("axis.x");
  }

  return { frame };
}
