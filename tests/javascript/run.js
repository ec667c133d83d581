// Runs the explorers' modules under Node for tests/test_javascript.py: JSON questions in, JSON answers out.
// NaN and the infinities, which JSON lacks, travel as strings.

import { readFileSync } from "node:fs";
import * as data from "../../n2uq_viz/explorers/js/data.js";
import * as download from "../../n2uq_viz/explorers/js/download.js";
import * as geometry from "../../n2uq_viz/explorers/js/geometry.js";
import { createHistory } from "../../n2uq_viz/explorers/js/history.js";
import { gradientTop } from "../../n2uq_viz/explorers/js/layout.js";
import { philox4x32, uniform } from "../../n2uq_viz/explorers/js/philox.js";
import { grid, simulate, sortedCoins } from "../../n2uq_viz/explorers/js/simulation.js";
import { ticks } from "../../n2uq_viz/explorers/js/svg.js";
import { levelColors } from "../../n2uq_viz/explorers/js/theme.js";

const number = (value) => (typeof value === "string" ? Number(value) : value);

const questions = {
  curves({ q, x }) {
    const at = x.map(number);
    const of = (name) => at.map((v) => geometry[name](q, v));
    return {
      thresholds: geometry.thresholds(q),
      slopes: geometry.slopes(q),
      output: of("output"),
      expectation: of("expectation"),
      variance: of("variance"),
      gradient: of("gradient"),
      ste: of("steGradient"),
      gradientTop: gradientTop(q),
    };
  },
  moves({ q, moves }) {
    return moves.map(({ kind, i, to }) =>
      kind === "edge"
        ? { edges: geometry.moveEdge(q, i, to).edges, limits: geometry.edgeLimits(q, i) }
        : { edges: geometry.moveThreshold(q, i, to).edges, limits: geometry.thresholdLimits(q, i) },
    );
  },
  philox: ({ blocks }) => blocks.map(({ counter, key }) => philox4x32(counter, key)),
  uniforms: ({ seed, points, draws }) =>
    Array.from({ length: points }, (_, point) => Array.from({ length: draws }, (_, draw) => uniform(seed, point, draw))),
  simulate({ q, view, points, draws, seed }) {
    const x = grid(view, points);
    return { x: [...x], mean: [...simulate(q, x, sortedCoins(seed, draws))] };
  },
  occupancy({ q, summary }) {
    const shares = data.occupancy(geometry.thresholds(q), data.points(summary));
    const { bins, atoms } = data.bars(summary);
    return { shares, entropy: data.entropyBits(shares), shown: [...bins, ...atoms].reduce((sum, bar) => sum + bar.share, 0) };
  },
  levelColors: ({ ramp, count }) => levelColors(ramp, count),
  ticks: ({ low, high, count }) => ticks(low, high, count),
  crc32: ({ bytes }) => download.crc32(bytes),
  async withTexts({ png, texts }) {
    const blob = download.withTexts(Buffer.from(png, "base64"), texts);
    return Buffer.from(await blob.arrayBuffer()).toString("base64");
  },
  history({ actions }) {
    const history = createHistory(actions[0].state);
    return actions.slice(1).map(({ action, state, kind, time }) => {
      const now = action === "push" ? (history.push(state, kind, time), history.now) : history[action]();
      return { now, canUndo: history.canUndo, canRedo: history.canRedo };
    });
  },
};

const asked = JSON.parse(readFileSync(0, "utf8"));
const answers = await Promise.all(asked.map(({ ask, ...rest }) => questions[ask](rest)));
process.stdout.write(JSON.stringify(answers, (_, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value)));
