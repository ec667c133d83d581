// The data under the quantizer, colored by the level they fall to. The outline stands still in a drag:
// only the colored strips behind it move.

import { countBelow } from "./geometry.js";
import { percent } from "./format.js";
import { px, setAttributes, setText, show, svgNode } from "./svg.js";

// A bar this many times taller than the next is cut, so that the others can be seen.
const OUTLIER = 2.5;

export function tallestBar({ bins, atoms }) {
  const shares = [...bins, ...atoms].map((bar) => bar.share).sort((a, b) => b - a);
  const [first, second] = [shares[0], shares[1] ?? shares[0]];
  return first > OUTLIER * second && second > 0 ? 1.3 * second : 1.12 * first;
}

// Bars go behind the guide lines, words in front of them.
export function createHistogram(parent, inFront, identity, text) {
  const clip = svgNode("clipPath", parent, { id: `${identity}-outline` });
  const outline = svgNode("path", clip, {});
  const strips = svgNode("g", parent, { "clip-path": `url(#${identity}-outline)`, "aria-hidden": "true" });
  const atomGroup = svgNode("g", parent, { "aria-hidden": "true" });
  const noteGroup = svgNode("g", inFront, { "aria-hidden": "true" });
  const labelGroup = svgNode("g", inFront, { "aria-hidden": "true" });
  let atoms = [];

  function frame(scene) {
    if (!scene.shownPanels.includes("histogram")) return;
    const { x, share: shareScale, shareTop, panels, fontSize } = scene.layout;
    const { left, right, top, bottom } = panels.histogram;
    const found = scene.bars;
    const height = (share) => bottom - shareScale(Math.min(share, shareTop));
    const inView = (pixel) => Math.min(Math.max(pixel, left), right);
    outline.setAttribute(
      "d",
      found.bins
        .map(({ from, to, share }) => {
          const start = inView(x(from));
          const end = inView(x(to));
          return `M${px(start)} ${px(bottom)}V${px(bottom - height(share))}H${px(end)}V${px(bottom)}Z`;
        })
        .join(""),
    );
    atomGroup.replaceChildren();
    noteGroup.replaceChildren();
    const width = Math.max(3, Math.min(10, (0.5 * (right - left)) / Math.max(found.atoms.length, 30)));
    atoms = found.atoms
      .filter(({ value }) => x(value) >= left && x(value) <= right)
      .map(({ value, share }) => {
        const at = x(value);
        const bar = svgNode("rect", atomGroup, {
          class: "n2uq-atom",
          x: px(at - width / 2),
          y: px(bottom - height(share)),
          width: px(width),
          height: px(height(share)),
        });
        if (share > shareTop) {
          const note = svgNode("text", noteGroup, { class: "n2uq-note", x: px(at + width), y: px(bottom - height(share) + 0.9 * fontSize) });
          note.textContent = `▲ ${percent(share)}`;
        }
        return { bar, value };
      });
    for (const group of [strips, labelGroup]) group.replaceChildren();
    scene.q.levels.forEach(() => {
      svgNode("rect", strips, { y: px(top), height: px(bottom - top) });
      svgNode("text", labelGroup, { class: "n2uq-level", "text-anchor": "middle", y: px(top + 0.75 * fontSize) });
    });
  }

  function update({ t, hidden, levelColors, layout: { x, panels, fontSize } }) {
    const visible = !hidden.has("histogram");
    for (const group of [strips, atomGroup, noteGroup, labelGroup]) show(group, visible);
    if (!visible) return;
    const { left, right } = panels.histogram;
    const inView = (pixel) => Math.min(Math.max(pixel, left), right);
    const bounds = [left, ...t.map((at) => inView(x(at))), right];
    const widths = levelColors.map((_, i) => bounds[i + 1] - bounds[i]).filter((width) => width > 1.3 * fontSize);
    const room = widths.every((width) => width > 5 * fontSize); // for the word "level" everywhere, or nowhere
    levelColors.forEach((fill, i) => {
      const [start, end] = [bounds[i], bounds[i + 1]];
      setAttributes(strips.children[i], { x: px(start), width: px(end - start), fill });
      const label = labelGroup.children[i];
      show(label, end - start > 1.3 * fontSize);
      setText(label, room ? text("histogram.level", { i }) : String(i));
      setAttributes(label, { x: px((start + end) / 2) });
    });
    for (const { bar, value } of atoms) setAttributes(bar, { fill: levelColors[countBelow(t, value)] });
  }

  return { frame, update };
}
