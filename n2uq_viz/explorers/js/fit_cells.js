// Several quantizers side by side: how often each of their levels is used, and their numbers as bars.

import { short } from "./format.js";
import { nice } from "./layout.js";
import { paint, px, setAttributes, setText, show, svgNode } from "./svg.js";

// Narrower cells stand in two rows. In units of the font size, as all that follows.
const LEAST_CELL = 4.8;
const LEFT = 3.9;
const RIGHT = 0.8;
const BETWEEN = 1.2;
const TITLE = 1.9;
const BELOW = 3.5;
const ABOVE_NUMBERS = 0.6;
const NUMBER_ROW = 4;
const BAR_HEIGHT = 0.55;
// A steepest slope this many times the least of them is cut, so that the others can be seen.
const STEEP = 4;
const NUMBERS = ["error", "entropy", "steepest", "outside"];
// Half the width of a level's bar, where levels are 1 apart.
const HALF = 0.4;

export const cellsInRow = (width, count, fontSize) => ((width / fontSize - LEFT - RIGHT - (count - 1) * BETWEEN) / count >= LEAST_CELL ? count : Math.ceil(count / 2));

// Height of the numbers of a cell, with everything but the bars of its levels.
export const heightAroundBars = (fontSize) => (TITLE + BELOW + ABOVE_NUMBERS + NUMBERS.length * NUMBER_ROW) * fontSize;

// A share of the variance with three digits: errors may be small.
export const errorWords = (error) => `${short(Number((100 * error).toPrecision(3)))} %`;

// Where the bars of each number end, and what they are in words.
function scales(judged, reference, levels) {
  const steepest = judged.map((each) => each.steepest);
  const most = Math.max(...judged.map(({ error }) => error), reference ?? 0);
  return {
    error: { top: most || 1, words: errorWords },
    entropy: { top: Math.log2(levels), words: (value) => short(Number(value.toPrecision(3))) },
    steepest: { top: Math.min(Math.max(...steepest), STEEP * Math.min(...steepest)), words: (value) => short(Number(value.toPrecision(3))) },
    outside: { top: 1, words: (value) => `${short(Number((100 * value).toPrecision(2)))} %` },
  };
}

export function createFitCells(sheet, names, text) {
  const cells = names.map((name) => {
    const panel = sheet.addPanel();
    const bars = svgNode("g", panel.marks);
    return { name, panel, bars, equal: panel.path("n2uq-equal") };
  });
  const group = svgNode("g", sheet.svg, { "aria-hidden": "true" });
  const tracks = svgNode("path", group, { class: "n2uq-measure-track" });
  const measures = svgNode("path", group, { class: "n2uq-measure" });
  const references = svgNode("path", group, { class: "n2uq-reference" });
  const heads = NUMBERS.map((number) => ({ number, rows: [0, 1].map(() => svgNode("text", group, { class: "n2uq-note" })) }));
  const words = cells.map(() => Object.fromEntries(NUMBERS.map((number) => [number, svgNode("text", group, { class: "n2uq-tick" })])));

  // judged: of fitted.js, one for each name. reference: the error of the best levels, or null where it is hidden.
  function update({ judged, colors, reference, box, fontSize }) {
    const count = colors.length;
    const inRow = cellsInRow(box.right - box.left, cells.length, fontSize);
    const rows = Math.ceil(cells.length / inRow);
    const wide = (box.right - box.left - (LEFT + RIGHT + (inRow - 1) * BETWEEN) * fontSize) / inRow;
    const high = (box.bottom - box.top) / rows;
    const top = nice(1.04 * Math.max(...judged.flatMap(({ shares }) => shares)));
    const scaled = scales(judged, reference, count);
    const [trackPath, measurePath, referencePath] = [[], [], []];
    cells.forEach(({ name, panel, bars, equal }, c) => {
      const [column, row] = [c % inRow, Math.floor(c / inRow)];
      const left = box.left + LEFT * fontSize + column * (wide + BETWEEN * fontSize);
      const from = box.top + row * high + TITLE * fontSize;
      const bottom = Math.max(from + 10, box.top + (row + 1) * high - (BELOW + ABOVE_NUMBERS + NUMBERS.length * NUMBER_ROW) * fontSize);
      const yTicks = [0, top / 2, top];
      const said = (value) => (column === 0 ? `${short(Number((100 * value).toPrecision(3)))} %` : "");
      panel.frame({
        box: { left, right: left + wide, top: from, bottom }, x: [-0.6, count - 0.4], y: [0, top], xTicks: [0, count - 1], yTicks, fontSize,
        yWords: Object.fromEntries(yTicks.map((value) => [value, said(value)])), title: text(`fit.${name}`), numbers: true, name: text("axis.level"),
      });
      const { x, y } = panel;
      while (bars.childElementCount < count) svgNode("path", bars, { class: "n2uq-bar" });
      while (bars.childElementCount > count) bars.lastChild.remove();
      judged[c].shares.forEach((share, i) => {
        setAttributes(bars.children[i], { d: `M${px(x(i - HALF))} ${px(y(0))}V${px(y(share))}H${px(x(i + HALF))}V${px(y(0))}Z` });
        paint(bars.children[i], { fill: colors[i] });
      });
      setAttributes(equal, { d: `M${px(left)} ${px(y(1 / count))}H${px(left + wide)}` });
      NUMBERS.forEach((number, n) => {
        const value = judged[c][number];
        const at = bottom + (BELOW + ABOVE_NUMBERS + n * NUMBER_ROW) * fontSize;
        const { top: most, words: spelled } = scaled[number];
        setText(words[c][number], spelled(value));
        setAttributes(words[c][number], { x: px(left), y: px(at + 2.3 * fontSize) });
        const [upper, lower] = [px(at + 2.7 * fontSize), px(at + (2.7 + BAR_HEIGHT) * fontSize)];
        const rect = (share) => `M${px(left)} ${upper}H${px(left + share * wide)}V${lower}H${px(left)}Z`;
        trackPath.push(rect(1));
        measurePath.push(rect(Math.min(value / most, 1)));
        if (number === "error" && reference !== null) {
          const place = px(left + (reference / most) * wide);
          referencePath.push(`M${place} ${px(at + 2.45 * fontSize)}V${px(at + (2.95 + BAR_HEIGHT) * fontSize)}`);
        }
        if (column === 0) {
          const head = heads[n].rows[row];
          show(head, true);
          setText(head, text(number === "error" && reference === null ? "measure.error.alone" : `measure.${number}`));
          setAttributes(head, { x: px(left), y: px(at + 0.9 * fontSize) });
        }
      });
    });
    if (rows === 1) for (const { rows: [, second] } of heads) show(second, false);
    setAttributes(tracks, { d: trackPath.join("") });
    setAttributes(measures, { d: measurePath.join("") });
    setAttributes(references, { d: referencePath.join("") });
  }

  return { update };
}
