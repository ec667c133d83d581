// Runs the explorers' modules under Node for tests/test_javascript.py: JSON questions in, JSON answers out.
// NaN and the infinities, which JSON lacks, travel as strings.

import { readFileSync } from "node:fs";
import { createAlone } from "../../n2uq_viz/explorers/js/alone.js";
import { floatText } from "../../n2uq_viz/explorers/js/valid_run.js";
import { runningMeans, spreadDraws } from "../../n2uq_viz/explorers/js/coin_flip.js";
import * as data from "../../n2uq_viz/explorers/js/data.js";
import { sha256 } from "../../n2uq_viz/explorers/js/digest.js";
import * as descent from "../../n2uq_viz/explorers/js/descent.js";
import * as download from "../../n2uq_viz/explorers/js/download.js";
import * as geometry from "../../n2uq_viz/explorers/js/geometry.js";
import * as errors from "../../n2uq_viz/explorers/js/errors.js";
import * as fitted from "../../n2uq_viz/explorers/js/fitted.js";
import * as scaled from "../../n2uq_viz/explorers/js/scaled.js";
import { fanOut } from "../../n2uq_viz/explorers/js/fan.js";
import { parse, parseWhole, say } from "../../n2uq_viz/explorers/js/format.js";
import { createHistory } from "../../n2uq_viz/explorers/js/history.js";
import { gradientTop } from "../../n2uq_viz/explorers/js/layout.js";
import { erf } from "../../n2uq_viz/explorers/js/noise.js";
import { fillUniforms, philox4x32 } from "../../n2uq_viz/explorers/js/philox.js";
import { gatherPushes } from "../../n2uq_viz/explorers/js/pushes.js";
import { createQuestion } from "../../n2uq_viz/explorers/js/question.js";
import { brokenPath, epochTicks, lossAxis } from "../../n2uq_viz/explorers/js/run_curves.js";
import { nameOfRun } from "../../n2uq_viz/explorers/js/run_words.js";
import * as runs from "../../n2uq_viz/explorers/js/runs.js";
import { addressOf, stateOfAddress } from "../../n2uq_viz/explorers/js/sharing.js";
import { automaticHalfWidth, grid, coinsOfSeed, simulate, simulateGradient } from "../../n2uq_viz/explorers/js/simulation.js";
import * as surrogates from "../../n2uq_viz/explorers/js/surrogates.js";
import { createSync } from "../../n2uq_viz/explorers/js/sync.js";
import { ticks } from "../../n2uq_viz/explorers/js/svg.js";
import { levelColors } from "../../n2uq_viz/explorers/js/theme.js";
import { validateState } from "../../n2uq_viz/explorers/js/validate.js";

const number = (value) => (typeof value === "string" ? Number(value) : value);

// Runs `play` with a clock of its own; wait(ms) lets that time pass.
function withClock(play) {
  const real = { setTimeout, clearTimeout, performance };
  let now = 0;
  let timers = [];
  globalThis.setTimeout = (run, wait) => {
    timers.push({ run, at: now + wait });
    return timers[timers.length - 1];
  };
  globalThis.clearTimeout = (timer) => { timers = timers.filter((other) => other !== timer); };
  const clock = (value) => Object.defineProperty(globalThis, "performance", { value, configurable: true });
  clock({ now: () => now });
  function wait(ms) {
    for (const end = now + ms; ; ) {
      const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      now = due ? due.at : end;
      if (!due) return;
      clearTimeout(due);
      due.run();
    }
  }
  try {
    return play(wait);
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    clock(real.performance);
  }
}

// So that a change of what was given is an error.
function freezeAll(value) {
  for (const left = [value]; left.length > 0; ) {
    const next = left.pop();
    if (typeof next !== "object" || next === null) continue;
    Object.freeze(next);
    for (const entry of Object.values(next)) left.push(entry);
  }
  return value;
}

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
  parse: ({ typed }) => typed.map((words) => parse(words)).map((value) => (Number.isFinite(value) ? value : null)),
  parseWhole: ({ typed }) => typed.map((words) => parseWhole(words)),
  philox: ({ blocks }) => blocks.map(({ counter, key }) => philox4x32(counter, key)),
  uniforms: ({ seed, points, draws }) =>
    Array.from({ length: points }, (_, point) => {
      const row = new Float64Array(draws);
      fillUniforms(row, seed, point, 0);
      return [...row];
    }),
  simulate({ q, view, points, draws, seed }) {
    const x = grid(view, points);
    return { x: [...x], mean: [...simulate(q, x, coinsOfSeed(seed)(draws))] };
  },
  simulateInTurn({ q, view, points, draws, seed }) {
    const coins = coinsOfSeed(seed);
    return draws.map((count) => [...simulate(q, grid(view, points), coins(count))]);
  },
  gradient({ q, x, draws, seed, method, halfWidth }) {
    const at = Float64Array.from(x, number);
    const coins = coinsOfSeed(seed)(draws);
    const h = halfWidth ?? automaticHalfWidth(q);
    const gradient = simulateGradient(q, at, coins, method, h);
    const mean = simulate(q, at, coins);
    return {
      gradient: [...gradient],
      halfWidth: h,
      means: errors.meanErrors({ q, grid: at, mean }),
      errors: errors.gradientErrors({ q, grid: at, gradient, halfWidth: method === "score_function" ? 0 : h }),
    };
  },
  // Plays a script of [action, argument], and tells after each step what is known.
  question: ({ script }) => withClock((wait) => {
    let quiet = true;
    let changes = 0;
    const asked = [];
    const question = createQuestion({
      ask: (answered, late) => asked.push({ answered, late }),
      quiet: () => quiet,
      changed: () => { changes += 1; },
    });
    const actions = {
      wait,
      about: (subject) => question.about(subject),
      settled: () => question.settled(),
      quiet: (value) => { quiet = value; },
      answer: ([k, found]) => asked[k].answered(found),
      late: (k) => asked[k].late(),
    };
    return script.map(([action, argument]) => {
      actions[action](argument);
      return { asked: asked.length, answer: question.answer, late: question.late, changes };
    });
  }),
  // The same for the way to Python, which here does only what the script says.
  sync: ({ script }) => withClock((wait) => {
    let state = { v: 0 };
    let status = null;
    let shown = state;
    const sent = [];
    const heard = {};
    const model = {
      get: () => state,
      set: (_, value) => { state = value; },
      on: (name, listener) => { heard[name] = listener; },
      send: (message) => sent.push(message),
    };
    const sync = createSync(model, { onState: (next) => { shown = next; }, onStatus: (name) => { status = name; } });
    const actions = {
      wait,
      send: (next) => { shown = next; sync.send(next); },
      settle: () => sync.settle(),
      hold: () => sync.hold(),
      release: () => sync.release(),
      python: (next) => { state = next; heard["change:state"](); },
      answer: ([k, next]) => heard["msg:custom"]({ id: sent[k].id, state: next }),
    };
    return script.map(([action, argument]) => {
      actions[action](argument);
      return { sent: sent.map((message) => message.state?.v ?? null), shown: shown.v, status };
    });
  }),
  surrogates({ name, parameters, x, e }) {
    const of = (curve) => x.map((v) => curve(name, parameters, number(v)));
    const noise = surrogates.noiseOf(name, parameters);
    return {
      ...surrogates.staircaseOf(name, parameters),
      forward: of(surrogates.forwardOf),
      smooth: of(surrogates.smoothOf),
      derivative: of(surrogates.derivativeOf),
      kinks: surrogates.kinksOf(name, parameters),
      none: noise.none,
      area: noise.area,
      laws: noise.laws.map(({ name: word, support, density, cumulative }, i) => ({
        name: word,
        support,
        density: e[i].map((v) => density(number(v))),
        cumulative: e[i].map((v) => cumulative(number(v))),
      })),
    };
  },
  erf: ({ z }) => z.map((v) => erf(number(v))),
  descent({ target, q, summary, rate, steps }) {
    const learned = descent.learnedSamples(target, q.levels, summary && data.points(summary));
    const way = descent.createWay(q, learned, rate);
    const { segment, left, right } = descent.descentPushes(q, learned);
    const gradient = descent.edgeGradient(q, learned);
    const { start, intervals } = descent.parameterGradient(gradient);
    return {
      x: [...learned.x],
      wanted: [...learned.wanted],
      weight: [...learned.weight],
      segment: [...segment],
      left: [...left],
      right: [...right],
      gradient: [...gradient],
      parameters: [start, ...intervals],
      loss: descent.descentLoss(q, learned),
      losses: steps.map((step) => way.lossAt(step)),
      edges: steps.map((step) => way.at(step)),
    };
  },
  pushes({ target, q, summary }) {
    const found = gatherPushes(q, descent.learnedSamples(target, q.levels, summary && data.points(summary)));
    return { ...found, of: found.of.map((pushes) => [...pushes]), total: [...found.total] };
  },
  digests: ({ texts }) => texts.map((text) => sha256(text)),
  floats: ({ values }) => values.map((value) => floatText(number(value))),
  // What a run was in some epochs and layers.
  runs: ({ run, epochs, layers }) => ({
    frames: epochs.map((epoch) => runs.frameAt(run, epoch)),
    numbers: epochs.map((epoch) => runs.numbersAt(run, epoch)),
    ranges: layers.map((layer) => runs.inputRange([run], layer)),
    answers: run.regions && run.frames.map((_, frame) => [...runs.answersIn(run.regions, frame)]),
    stripes: run.regions && runs.stripesOf(runs.answersIn(run.regions, 0), run.regions.x[2]),
    bars: layers.map((index) => {
      const layer = runs.layerOf(run, index);
      return run.frames.map((_, frame) => {
        const q = runs.quantizerIn(layer, frame);
        return runs.barsByLevel(runs.binShares(layer, frame), q ? geometry.thresholds(q) : []);
      });
    }),
  }),
  lossAxis: ({ losses }) => losses.map((values) => lossAxis([{ curves: { train_loss: [], validation_loss: values } }])),
  epochTicks: ({ last }) => last.map((epochs) => epochTicks(epochs, 6)),
  brokenPath: ({ points }) => brokenPath(points.map(([x, y]) => [x, y ?? NaN])),
  runNames: ({ labels, words }) => labels.map((label) => nameOfRun(label, (key, values) => say(words, key, values))),
  fan: ({ wanted, gaps, low, high }) => fanOut(wanted, gaps, low, high),
  spreadDraws: ({ last }) => last.map((n) => spreadDraws(n)),
  runningMeans({ q, x, seed, at }) {
    const coins = coinsOfSeed(seed)(at[at.length - 1]);
    return x.map((v, k) => runningMeans(q, v, coins.row(k), at));
  },
  // What follows the # of an address, and the state that comes back from it.
  addresses: ({ states, page }) =>
    states.map((state) => {
      const address = addressOf(state, page);
      return { address, state: stateOfAddress(address.slice(address.indexOf("#"))) };
    }),
  stateOfAddress: ({ hashes }) => hashes.map((hash) => stateOfAddress(hash)),
  // As sync, on a page without Python: "address" is a new state behind the # of the address.
  async alone({ script }) {
    let state = { v: 0 };
    let shown = state;
    let status = null;
    const listeners = new Set();
    const model = {
      get: () => state,
      set: (_, next) => { state = next; },
      on: (_, listener) => listeners.add(listener),
      off: (_, listener) => listeners.delete(listener),
    };
    const alone = createAlone(model, { onState: (next) => { shown = next; }, onStatus: (name) => { status = name; } });
    const actions = {
      send: (next) => { shown = next; alone.send(next); },
      settle: () => alone.settle(),
      hold: () => alone.hold(),
      release: () => alone.release(),
      close: () => alone.close(),
      address(next) {
        state = next;
        for (const listener of listeners) listener(next);
      },
    };
    const steps = script.map(([action, argument]) => {
      actions[action](argument);
      return { shown: shown.v, has: state.v, held: alone.held, status };
    });
    return { steps, answer: await alone.ask("save", {}, 0) };
  },
  // States as texts, since they may be deeper than the question can be; {"$": "NaN"} stands for NaN, which JSON lacks.
  validate({ states, schema, summaries }) {
    freezeAll([schema, summaries]);
    return states.map(({ text, explorer, nan }) => {
      const revive = (_, value) => (value?.$ === "NaN" ? NaN : value);
      const state = freezeAll(nan ? JSON.parse(text, revive) : JSON.parse(text));
      try {
        return { valid: validateState(state, explorer ?? undefined, schema, summaries) };
      } catch (error) {
        if (!error.values) throw error;
        return { refused: error.message, values: error.values };
      }
    });
  },
  occupancy({ q, summary }) {
    const shares = data.occupancy(geometry.thresholds(q), data.points(summary));
    const { bins, atoms } = data.bars(summary);
    return { shares, entropy: data.entropyBits(shares), shown: [...bins, ...atoms].reduce((sum, bar) => sum + bar.share, 0) };
  },
  judge({ quantizers, summary }) {
    const points = data.points(summary);
    const variance = fitted.varianceOf(points);
    return { variance, judged: quantizers.map((q) => ({ ...fitted.judge(q, points, variance), shift: fitted.shiftOf(q) })) };
  },
  scaled: ({ channel, levels, rules, wide }) => ({
    mean: scaled.meanSize(channel),
    bars: scaled.weightBars(channel, wide),
    rules: rules.map((rule) => {
      const found = scaled.scaledBy(channel, levels, rule);
      const { f } = found;
      return { ...found, codes: channel.values.map((w) => scaled.codeOf(w, levels, f)), thresholds: scaled.weightThresholds(levels, f), levels: scaled.weightLevels(levels, f) };
    }),
  }),
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
