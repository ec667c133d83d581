// What is seen, in words and numbers; every number also stands in full in a data-value attribute.

import { htmlNode } from "./controls.js";
import { bandHalfWidth } from "./curves.js";
import { entropyBits, occupancy } from "./data.js";
import { percent, short } from "./format.js";
import { expectation, outcome } from "./geometry.js";
import { setAttributes, setText } from "./svg.js";

// How the Monte-Carlo means compare with the expectation: the largest error, and the dots within their band.
function compare({ q, grid, mean, draws }) {
  const result = { error: 0, at: grid[0], band: 0, inside: 0, coins: 0 };
  grid.forEach((x, k) => {
    const error = Math.abs(mean[k] - expectation(q, x));
    const { lower, upper, probability } = outcome(q, x);
    const band = bandHalfWidth(upper - lower, probability, draws);
    if (probability > 0 && probability < 1) {
      result.coins += 1;
      if (error <= band) result.inside += 1;
    }
    if (error > result.error) Object.assign(result, { error, at: x, band });
  });
  return result;
}

function write(element, words, value) {
  setText(element, words);
  setAttributes(element, { "data-value": value });
}

export function createReadout(parent, text) {
  const section = htmlNode("section", parent, { class: "n2uq-readout", "aria-label": text("readout.label") });
  const error = htmlNode("p", section, { "data-readout": "error" });
  const inside = htmlNode("p", section, { "data-readout": "inside" });
  const entropy = htmlNode("p", section, { "data-readout": "entropy" });
  const levels = htmlNode("ol", section, { class: "n2uq-occupancy", start: 0, "data-readout": "occupancy" });

  function updateLevels({ q, levelColors }, shares) {
    while (levels.childElementCount > shares.length) levels.lastChild.remove();
    while (levels.childElementCount < shares.length) {
      const item = htmlNode("li", levels);
      htmlNode("span", item, { class: "n2uq-chip" });
      htmlNode("span", item);
    }
    shares.forEach((share, i) => {
      const [chip, words] = levels.children[i].children;
      setAttributes(chip, { style: `background: ${levelColors[i]}` });
      const level = short(Number(q.levels[i].toPrecision(3)));
      write(words, text("readout.level", { i, level, share: percent(share) }), share);
    });
  }

  function update(scene) {
    const { q, t, draws, points, hidden } = scene;
    // What is hidden in the picture is not spoken of either.
    error.hidden = hidden.has("monte_carlo");
    inside.hidden = hidden.has("monte_carlo") || hidden.has("band");
    entropy.hidden = hidden.has("histogram");
    levels.hidden = hidden.has("histogram");
    const found = compare(scene);
    write(
      error,
      text("readout.error", { draws, error: short(found.error), at: short(found.at), band: short(found.band) }),
      found.error,
    );
    write(inside, text("readout.inside", { inside: found.inside, coins: found.coins }), found.inside);
    const shares = occupancy(t, points);
    const bits = entropyBits(shares);
    write(entropy, text("readout.entropy", { entropy: bits.toFixed(3), most: short(Math.log2(q.levels.length)) }), bits);
    updateLevels(scene, shares);
  }

  return { update, words: () => [error, entropy].filter((part) => !part.hidden).map((part) => part.textContent).join(" ") };
}
