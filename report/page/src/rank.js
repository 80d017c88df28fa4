// Two parameters and the score's rank, as Optuna's plot_rank has it: marks by the quarter of the scores.
import { asText, charactersIn, chosenFigure, mostShapes, unitAxis } from "./chart.js";
import {
  comparable, comparedText, counted, parameterAxis, parametersByImportance, quarters, scoreText, someOf, thinned,
  valueText, whyNoneCompared,
} from "./study.js";
import { colour } from "./theme.js";

/** Best first; as the pictures have them: told apart by shape, too. */
const kinds = () => [
  { name: "best quarter", symbol: "circle", size: 11, color: colour.vermillion },
  { name: "second", symbol: "triangle", size: 10, color: colour.orange },
  { name: "third", symbol: "diamond", size: 9, color: colour.sky },
  { name: "last", symbol: "rect", size: 7, color: colour.blue }];

/** Trials of a category stand side by side. */
const spread = (axis, i, by) => (axis.categorical ? (((i * by) % 1) - 0.5) * 0.5 / axis.tics.length : 0);

export function create(parent) {
  return chosenFigure(parent, "Two parameters and the rank of the score", ["Across", "Up"], (analysis, across, up) => {
    const compared = comparable(analysis);
    if (compared.length === 0) return { message: whyNoneCompared(analysis) };
    const parameters = parametersByImportance(analysis).map((p) => ({ value: p.name }));
    if (parameters.length < 2) return { message: "Takes two parameters." };
    across.offer(parameters);
    up.offer(parameters, parameters[1].value);
    const quarterOf = quarters(analysis), drawn = thinned(compared, mostShapes);
    return () => {
      if (across.value() === up.value()) return { message: "Choose two different parameters." };
      const x = parameterAxis(analysis.space.find((p) => p.name === across.value()));
      const y = parameterAxis(analysis.space.find((p) => p.name === up.value()));
      const points = drawn.map((trial, i) => ({
        trial, quarter: quarterOf.get(trial.trial),
        at: [x.unit(trial.parameters[x.name]) + spread(x, i, 0.618034),
          y.unit(trial.parameters[y.name]) + spread(y, i, 0.754878)],
      })).filter(({ at }) => !at.some(Number.isNaN));
      if (points.length === 0) return { message: "No trial that can be compared searched both parameters." };
      return {
        height: () => 480,
        summary: `${counted(points.length, "trial")} by ${x.name} and ${y.name}, with marks by the quarter of their scores.`,
        note: `Quarters by ${comparedText(analysis)}.${someOf(points.length, compared.length, "trial")}`,
        rows: [["Trial", x.name, y.name, "Score", "Quarter"],
          ...points.map(({ trial, quarter }) => [String(trial.trial), valueText(trial.parameters[x.name]),
            valueText(trial.parameters[y.name]), scoreText(trial.compared_score), String(quarter + 1)])],
        option: (narrow, width) => ({
          tip: () => "",
          legend: { top: 0 },
          grid: { top: 40 },
          xAxis: unitAxis(x, charactersIn(width - 100, x.tics.length)), yAxis: unitAxis(y, narrow ? 12 : 20),
          series: kinds().map((kind, quarter) => {
            const own = points.filter((point) => point.quarter === quarter);
            return {
              name: kind.name, type: "scatter", symbol: kind.symbol, symbolSize: kind.size, z: 9 - quarter,
              itemStyle: { color: kind.color, borderColor: colour.paper, borderWidth: 0.5 },
              data: own.map(({ at }) => at),
              tooltip: { formatter: asText(({ dataIndex }) => {
                const { trial } = own[dataIndex];
                return `trial ${trial.trial}: ${scoreText(trial.compared_score)}\n` +
                  `${x.name} ${valueText(trial.parameters[x.name])}\n${y.name} ${valueText(trial.parameters[y.name])}`;
              }) },
            };
          }),
        }),
      };
    };
  });
}
