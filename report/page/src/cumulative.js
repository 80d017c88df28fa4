// The empirical distribution function of the scores, as Optuna's plot_edf has it: of trials trained alike.
import { asText, axis, boundedAxis, chosenFigure, ticText } from "./chart.js";
import {
  comparable, comparedText, counted, minimizes, paddedRange, scoreText, thinned, valueText, whyNoneCompared,
} from "./study.js";
import { seriesColour } from "./theme.js";

export const id = "distribution", title = "Distribution and timeline";

const mostLines = 6;                                               // that dashes and marks tell apart
const dashes = ["solid", "dashed", "dotted", [8, 3, 2, 3], [12, 4], [2, 6]];
const symbols = ["circle", "triangle", "rect", "diamond", "pin", "arrow"];
const mostPoints = 400;                                            // of a line

/** The compared trials by their value of a parameter that has few: a line each. */
function groupsBy(analysis, trials, name) {
  if (!name) return [{ label: "all trials", trials }];
  const values = analysis.space.find((p) => p.name === name).choices;
  return values.map((value) => ({
    label: valueText(value), trials: trials.filter((t) => t.parameters[name] === value),
  })).filter((group) => group.trials.length > 0);
}

/** From share 0 up to share 1, in steps; along the whole axis. */
function stepsOf(group, [low, high]) {
  const scores = group.trials.map((t) => t.compared_score).sort((a, b) => a - b);
  const all = scores.map((score, i) => [score, (i + 1) / scores.length]);
  return { first: [low, 0], points: thinned(all, mostPoints, ([, share]) => share === 1), last: [high, 1] };
}

export function create(parent) {
  return chosenFigure(parent, "Share of the trials up to a score", ["A line for each"], (analysis, by) => {
    const trials = comparable(analysis);
    if (trials.length < 2)
      return { message: trials.length ? "Takes two trials with scores to compare." : whyNoneCompared(analysis) };
    const few = analysis.space.filter((p) => p.kind === "choice" && p.choices.length <= mostLines);
    by.offer([{ value: "", label: "all in one" }, ...few.map((p) => ({ value: p.name }))],
      few.find((p) => p.name === "model")?.name);
    const range = paddedRange(trials.map((t) => t.compared_score)), side = minimizes(analysis) ? "left" : "right";
    return () => {
      const groups = groupsBy(analysis, trials, by.value());
      return {
        summary: `${counted(trials.length, "trial")}: the further ${side} a line, the better the scores.`,
        note: `${analysis.foreign ? "Complete trials" : "Trials trained alike"}: ${comparedText(analysis)}. ` +
          `A line further ${side} is of better trials.`,
        rows: [["Trials", "Number", "Lowest score", "Median", "Highest score"], ...groups.map((group) => {
          const scores = group.trials.map((t) => t.compared_score).sort((a, b) => a - b), n = scores.length;
          const median = (scores[Math.floor((n - 1) / 2)] + scores[Math.ceil((n - 1) / 2)]) / 2;
          return [group.label, String(n), scoreText(scores[0]), scoreText(median), scoreText(scores[n - 1])];
        })],
        option: (narrow) => ({
          tip: () => "",
          legend: { top: 0, show: groups.length > 1 },
          grid: { top: groups.length > 1 ? (narrow ? 64 : 40) : 16 },
          xAxis: boundedAxis(analysis.score_titles.compared, range,
            { axisLabel: { formatter: ticText(range), hideOverlap: true } }),
          yAxis: axis("Share of the trials", { min: 0, max: 1 }),
          series: groups.map((group, i) => {
            const { first, points, last } = stepsOf(group, range);
            return {
              name: group.label, type: "line", step: "end", data: [first, ...points, last],
              symbol: symbols[i], symbolSize: (_, { dataIndex }) => (dataIndex > 0 && dataIndex <= points.length ? 6 : 0),
              showAllSymbol: points.length <= 40, itemStyle: { color: seriesColour(i) },
              lineStyle: { width: 2.5, type: dashes[i] },
              tooltip: { formatter: asText(({ value: [score, share] }) =>
                `${group.label}: ${(100 * share).toFixed(0)}% up to ${scoreText(score)}`) },
            };
          }),
        }),
      };
    };
  });
}
