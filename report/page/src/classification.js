// What the winner predicted against what was observed: the confusion matrix, and whether its
// probabilities mean what they say.
import { axis, figure } from "./chart.js";
import { el } from "./dom.js";
import { counted, fixed, whyNone } from "./study.js";
import { cividis, colour } from "./theme.js";

export const id = "predictions", title = "Predictions of the winner", ofModels = true;

/** The winner's metrics where they count most, and where those come from. */
function winner(analysis) {
  if (analysis.held_out) return { ...analysis.held_out, where: "learners held out" };
  if (analysis.best) return { ...analysis.best, metrics: analysis.best.cross_validated, where: "cross-validation" };
  return null;
}

function confusion(chart, { metrics, where }) {
  const counts = metrics.confusion ?? [], k = counts.length;
  if (k === 0) return chart.draw({ message: "Not recorded in this study." });
  const names = counts.map((_, i) => String(i));
  const share = counts.map((row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((n) => (total ? n / total : 0));
  });
  const cells = share.flatMap((row, observed) => row.map((part, predicted) => [predicted, observed, part]));
  const right = counts.reduce((sum, row, i) => sum + row[i], 0) / metrics.n;
  chart.draw({
    summary: `${k} categories, ${counted(metrics.n, "response")} of ${where}; ${fixed(100 * right, 1)}% on the diagonal.`,
    note: `${counted(metrics.n, "response")}, ${where}. Colour: fraction of the observed category, dark for none, bright for all.`,
    rows: [["Observed \\ predicted", ...names], ...counts.map((row, i) => [String(i), ...row.map(String)])],
    option: () => ({
      tip: ({ value: [predicted, observed, part] }) =>
        `observed ${observed}, predicted ${predicted}: ${counts[observed][predicted]} (${fixed(100 * part, 1)}%)`,
      xAxis: { ...axis("Predicted category"), type: "category", data: names },
      yAxis: { ...axis("Observed category"), type: "category", data: names, inverse: true },
      visualMap: { show: false, min: 0, max: 1, inRange: { color: cividis() } },
      series: [{
        type: "heatmap",
        data: cells.map((cell) => ({
          value: cell,
          label: {
            show: k <= 12, lineHeight: 16, color: cell[2] > 0.55 ? "#1a1a1a" : "#fff",
            formatter: () => `${counts[cell[1]][cell[0]]}\n${fixed(100 * cell[2], 0)}%`,
          },
        })),
      }],
    }),
  });
}

function calibration(chart, { metrics, where, calibration: all }) {
  const bins = (all ?? []).filter((bin) => bin.count > 0);
  if (bins.length === 0)
    return chart.draw({ message: "Recorded for learners held out: this study has none, or hasn't scored them yet." });
  chart.draw({
    summary: `${counted(bins.length, "bin")} of the predicted probability; the expected calibration error is ` +
      `${fixed(metrics.expected_calibration_error, 3)}.`,
    note: `On the line, a probability of 0.7 comes true 7 times in 10. Points grow with their responses; ` +
      `expected calibration error ${fixed(metrics.expected_calibration_error, 3)}, ${where}.`,
    rows: [["Predicted", "Observed", "Responses"],
      ...bins.map((b) => [fixed(b.confidence, 3), fixed(b.accuracy, 3), String(b.count)])],
    option: () => ({
      tip: ({ dataIndex: i }) => `predicted ${fixed(bins[i].confidence, 3)}, came true ` +
        `${fixed(bins[i].accuracy, 3)}, ${counted(bins[i].count, "response")}`,
      xAxis: axis("Probability of the predicted category", { min: 0, max: 1 }),
      yAxis: axis("Fraction that came true", { min: 0, max: 1 }),
      series: [
        { type: "line", silent: true, symbol: "none", data: [[0, 0], [1, 1]],
          lineStyle: { type: "dashed", color: colour.grey } },
        { type: "line", itemStyle: { color: colour.blue }, symbol: "circle",
          data: bins.map((b) => ({
            value: [b.confidence, b.accuracy], symbolSize: 6 + 24 * Math.sqrt(b.count / metrics.n),
          })) },
      ],
    }),
  });
}

export function create(parent) {
  const pair = el("div", { class: "pair" });
  parent.append(pair);
  const matrix = figure(pair, "Confusion matrix"), reliability = figure(pair, "Calibration");
  return (analysis) => {
    const scored = winner(analysis);
    if (!scored) {
      for (const chart of [matrix, reliability]) chart.draw({ message: whyNone(analysis) });
      return;
    }
    confusion(matrix, scored);
    calibration(reliability, scored);
  };
}
