// A Wright map: learners' abilities beside the thresholds of the questions, on one scale.
import { boundedAxis, chosenFigure, mostShapes, ticText } from "./chart.js";
import { abilityTitle, scaleOf, standardized } from "./gpcm.js";
import { counted, extent, fixed, notOnRecord, someOf, thinned } from "./study.js";
import { colour, seriesColour } from "./theme.js";

export const id = "psychometrics", title = "Questions and learners on one scale", ofModels = true;

const bins = 48;  // in which thresholds lie beside each other

/** Where learners are, and thresholds but for those far out. */
function rangeOf(histogram, thresholds) {
  const sorted = thresholds.map((t) => t.beta).sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  let [low, high] = [histogram.low, histogram.high];
  if (sorted.length > 0) {
    const reach = Math.max(high - low, at(0.9) - at(0.1));
    low = Math.min(low, Math.max(sorted[0], at(0.5) - reach));
    high = Math.max(high, Math.min(sorted.at(-1), at(0.5) + reach));
  }
  const pad = (high - low) / 20 || 0.5;
  return [low - pad, high + pad];
}

/** Each with its place to the right of 0, beside those of the same bin; as far as 1. */
function placed(thresholds, [low, high]) {
  const columns = new Map();
  const points = thresholds.filter((t) => t.beta >= low && t.beta <= high).map((t) => {
    const bin = Math.floor((bins * (t.beta - low)) / (high - low));
    const place = columns.get(bin) ?? 0;
    columns.set(bin, place + 1);
    return { ...t, place };
  });
  const most = Math.max(12, extent([...columns.values()])[1]);
  return points.map((t) => ({ ...t, x: (t.place + 0.7) / (most + 0.4) }));
}

/** Abilities and thresholds by a model on the chart's scale; of negative slopes thresholds part the answers the other way. */
function mapOf(analysis, model) {
  const { items, psychometrics } = analysis, scale = scaleOf(analysis, model);
  const { ability } = psychometrics[model], at = (theta) => (theta - scale.mean) / scale.sd;
  const answered = items.filter((item) => item.responses > 0);
  const all = answered.filter((item) => !(item[model].alpha < 0)).flatMap((item) => standardized(item[model], scale).beta
    .map((beta, j) => ({ question: item.question, beta, j })).filter((t) => t.beta !== null));
  const histogram = { ...ability.histogram, low: at(ability.histogram.low), high: at(ability.histogram.high) };
  return { ability, histogram, all, negative: answered.filter((item) => item[model].alpha < 0).length };
}

/** Of both models, so that their maps compare. */
function commonRange(analysis) {
  const ranges = ["classical", "winner"].map((model) => mapOf(analysis, model)).map((m) => rangeOf(m.histogram, m.all));
  return [Math.min(...ranges.map((r) => r[0])), Math.max(...ranges.map((r) => r[1]))];
}

export function create(parent) {
  return chosenFigure(parent, "Wright map", ["By"], (analysis, by) => {
    if (!analysis.psychometrics) return { message: notOnRecord };
    by.offer([{ value: "classical", label: "classical GPCM" }, { value: "winner", label: "the winner" }]);
    return () => {
      const { ability, histogram, all, negative } = mapOf(analysis, by.value());
      const range = commonRange(analysis), shown = thinned(placed(all, range), mostShapes);
      const largest = Math.max(1, ...histogram.counts);
      const width = (histogram.high - histogram.low) / histogram.counts.length;
      const name = (j) => (analysis.dataset.categories > 2 ? `threshold ${j + 1}` : "thresholds");
      const bars = histogram.counts.map((count, i) =>
        [histogram.low + i * width, histogram.low + (i + 1) * width, count]);
      return {
        summary: `Abilities from ${fixed(histogram.low, 2)} to ${fixed(histogram.high, 2)}; ${counted(all.length, "threshold")}.`,
        note: `To the left ${counted(ability.learners, "learner")}, to the right the questions' thresholds: a learner as high as a ` +
          "threshold answers either side of it equally often. " +
          `The model's own scale: ${fixed(ability.mean, 2)} ± ${fixed(ability.sd, 2)}.` +
          (ability.reliability === null ? "" : ` Reliability of abilities: ${fixed(ability.reliability, 3)}.`) +
          (negative ? ` Without ${counted(negative, "question")} of negative slope.` : "") +
          someOf(shown.length, all.length, "threshold"),
        rows: [["Ability from", "to", "Learners", "Thresholds"], ...bars.map(([from, to, count], i) => [
          fixed(from, 2), fixed(to, 2), String(count),
          String(all.filter((t) => (t.beta >= from || i === 0) && (t.beta < to || i === bars.length - 1)).length)])],
        height: () => 480,
        option: (narrow) => ({
          tip: ({ data }) => data.tip,
          legend: { top: 0 },
          grid: { top: narrow ? 64 : 40 },
          xAxis: { type: "value", min: -1.02, max: 1.02, axisLabel: { show: false }, axisTick: { show: false },
            splitLine: { show: false }, axisLine: { onZero: false }, name: "◂ learners · thresholds ▸", nameLocation: "middle" },
          yAxis: boundedAxis(abilityTitle(analysis), range, { axisLabel: { formatter: ticText(range) } }),
          series: [{
            type: "custom", name: "learners", itemStyle: { color: colour.grey }, encode: { x: 2, y: [0, 1] },
            renderItem: (_, api) => {
              const [x0, y0] = api.coord([-api.value(2) / largest, api.value(0)]);
              const [x1, y1] = api.coord([0, api.value(1)]);
              return { type: "rect", shape: { x: x0, y: y1, width: x1 - x0, height: Math.max(1, y0 - y1 - 1) },
                style: { fill: colour.grey } };
            },
            data: bars.map((value) => ({ value,
              tip: `${counted(value[2], "learner")} from ${fixed(value[0], 2)} to ${fixed(value[1], 2)}` })),
          }, ...Array.from({ length: analysis.dataset.categories - 1 }, (_, j) => ({
            type: "scatter", name: name(j), color: seriesColour(j), symbolSize: shown.length > 300 ? 4 : 8,
            data: shown.filter((t) => t.j === j).map((t) => ({ value: [t.x, t.beta],
              tip: `question ${t.question}, ${name(j)}: ${fixed(t.beta, 2)}` })),
          }))],
        }),
      };
    };
  });
}
