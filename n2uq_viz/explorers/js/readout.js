// What is seen, in words and numbers; every number also stands in full in a data-value attribute.

import { htmlNode } from "./controls.js";
import { bandHalfWidth } from "./curves.js";
import { entropyBits, occupancy } from "./data.js";
import { gradientErrors, meanErrors } from "./errors.js";
import { chance, percent, short } from "./format.js";
import { chord, expectation, outcome, slopes } from "./geometry.js";
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

// Below the first, chance alone seldom does that; below the second, next to never.
const DOUBTFUL = 0.05;
const IMPOSSIBLE = 0.001;

function verdict(p) {
  return p >= DOUBTFUL ? "fit" : p >= IMPOSSIBLE ? "doubtful" : "unfit";
}

// Whether the picture shows means, and one of the ramps, or its slope, that they may fit.
export function asksForFit(hidden) {
  return !hidden.has("monte_carlo") && ["expectation", "gste", "ste"].some((name) => !hidden.has(name));
}

// Where all slopes are the chord's, the ramps of G-STE and of plain STE are one.
function oneRamp(q) {
  const plain = chord(q);
  return slopes(q).every((slope) => Math.abs(slope - plain) <= 1e-9 * plain);
}

function write(element, words, value) {
  setText(element, words);
  setAttributes(element, { "data-value": value });
}

export function createReadout(parent, text) {
  const section = htmlNode("section", parent, { class: "n2uq-readout", "aria-label": text("readout.label") });
  const dots = htmlNode("p", section, { "data-readout": "points" });
  const means = htmlNode("p", section);
  const error = htmlNode("span", means, { "data-readout": "error" });
  means.append(" ");
  const inside = htmlNode("span", means, { "data-readout": "inside" });
  const agreement = htmlNode("p", section, { "data-readout": "agreement", title: text("readout.help.p") });
  const gradient = htmlNode("p", section, { "data-readout": "gradient", title: text("readout.help.rms") });
  const help = htmlNode("details", section, { class: "n2uq-hint" });
  htmlNode("summary", help, {}, text("readout.help"));
  const helps = Object.fromEntries(["rms", "p", "dots"].map((key) => [key, htmlNode("p", help, {}, text(`readout.help.${key}`))]));
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
      chip.style.background = levelColors[i]; // not by an attribute, which a page's security policy forbids
      const level = short(Number(q.levels[i].toPrecision(3)));
      write(words, text("readout.level", { i, level, share: percent(share) }), share);
    });
  }

  // Do the means fit the ramps? Python says so when the hand rests; until then it is said that it has not.
  function updateAgreement({ q, hidden, agreement: { answer, silent } }) {
    agreement.hidden = !asksForFit(hidden);
    helps.p.hidden = agreement.hidden;
    const { gste, ste, points } = answer ?? {};
    setAttributes(agreement, { "data-gste": gste ?? "", "data-ste": ste ?? "", "data-points": points ?? "" });
    if (answer === null) {
      setText(agreement, text(silent ? "readout.agreement.silent" : "readout.agreement.waiting"));
    } else if (points === 0) {
      setText(agreement, text("readout.agreement.none"));
    } else {
      const values = {
        gste: text(`readout.agreement.${verdict(gste)}`, { p: chance(gste) }),
        ste: text(`readout.agreement.${verdict(ste)}`, { p: chance(ste) }),
      };
      setText(agreement, text(oneRamp(q) ? "readout.agreement.same" : "readout.agreement.both", values));
    }
  }

  // The gradient's dots against both slopes.
  function updateGradient(scene) {
    gradient.hidden = scene.gradient === null;
    helps.dots.hidden = gradient.hidden;
    if (gradient.hidden) return;
    const found = gradientErrors(scene);
    const { points, across, lost, zero } = found;
    const values = { across, lost, zero, draws: scene.draws, gste: short(found.gste), ste: short(found.ste), h: short(scene.halfWidth) };
    const words = [text(points ? "readout.gradient" : "readout.gradient.none", values)];
    if (across) words.push(text(across === 1 ? "readout.gradient.across.one" : "readout.gradient.across", values));
    if (scene.halfWidth && 2 * zero > points) {
      words.push(text(scene.draws === 1 ? "readout.gradient.zero.one" : "readout.gradient.zero", values));
    }
    if (lost) words.push(text("readout.gradient.lost", values));
    setText(gradient, words.join(" "));
    setAttributes(gradient, { "data-gste": found.gste, "data-ste": found.ste, "data-points": points });
  }

  function update(scene) {
    const { q, t, draws, points, hidden } = scene;
    // What is hidden in the picture is not spoken of either.
    means.hidden = hidden.has("monte_carlo");
    inside.hidden = hidden.has("band");
    for (const part of [dots, help]) part.hidden = means.hidden && scene.gradient === null;
    entropy.hidden = hidden.has("histogram");
    levels.hidden = hidden.has("histogram");
    const found = compare(scene);
    const { points: total, rms } = meanErrors(scene);
    write(dots, text(total ? "readout.points" : "readout.points.none", { points: total }), total);
    const band = inside.hidden ? "" : text("readout.error.band", { band: short(found.band) });
    const values = { draws, rms: short(rms), error: short(found.error), at: short(found.at), band };
    const key = total === 0 ? "readout.error.none" : draws === 1 ? "readout.error.one" : "readout.error";
    write(error, text(key, values), found.error);
    setAttributes(error, { "data-rms": rms });
    write(inside, text("readout.inside", { inside: found.inside, coins: found.coins }), found.inside);
    const shares = occupancy(t, points);
    const bits = entropyBits(shares);
    write(entropy, text("readout.entropy", { entropy: bits.toFixed(3), most: short(Math.log2(q.levels.length)) }), bits);
    updateLevels(scene, shares);
    updateAgreement(scene);
    updateGradient(scene);
  }

  const spoken = (parts) => parts.filter((part) => !part.hidden).map((part) => part.textContent).join(" ");
  return {
    update,
    updateAgreement,
    words: () => spoken([dots, means, gradient, entropy]),
    verdict: () => spoken([agreement]),
  };
}
