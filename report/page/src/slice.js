// One parameter against the score.
import { boundedAxis, charactersIn, chosenFigure, mostShapes, unitAxis } from "./chart.js";
import {
  comparable, counted, fixed, paddedRange, parameterAxis, parametersByImportance, scoreText, someOf, thinned,
  valueText, whyNoneCompared,
} from "./study.js";
import { colour } from "./theme.js";

export const id = "slices", title = "Slices, ranks and contours";

export function create(parent) {
  return chosenFigure(parent, "One parameter against the score", ["Parameter"], (analysis, chosen) => {
    const compared = comparable(analysis);
    if (compared.length === 0) return { message: whyNoneCompared(analysis) };
    chosen.offer(parametersByImportance(analysis).map((p) => ({ value: p.name })));
    return () => {
      const parameter = parameterAxis(analysis.space.find((p) => p.name === chosen.value()));
      const searched = compared.filter((t) => !Number.isNaN(parameter.unit(t.parameters[parameter.name])));
      const best = analysis.best?.trial, trials = thinned(searched, mostShapes, (t) => t.trial === best);
      if (trials.length === 0) return { message: "No trial that can be compared searched this parameter." };
      // A correlation without an interval is of so few trials that it says nothing.
      const correlation = analysis.parameter_correlations
        .find((one) => one.name === parameter.name && one.pearson.low !== null);
      const r = correlation?.pearson;
      const slice = analysis.slices.find((one) => one.name === parameter.name);
      const point = (t, i) => {
        // Trials of a category stand side by side.
        const spread = parameter.categorical ? (((i * 0.618) % 1) - 0.5) * 0.4 / parameter.tics.length : 0;
        return {
          name: `trial ${t.trial}`,
          value: [parameter.unit(t.parameters[parameter.name]) + spread, t.compared_score],
          ...(t.trial === best ? { itemStyle: { color: colour.vermillion }, symbol: "diamond", symbolSize: 16 } : {}),
        };
      };
      const notes = [
        ...(r ? [`Pearson's r = ${fixed(r.value, 2)} [${fixed(r.low, 2)}, ${fixed(r.high, 2)}]` +
          (correlation.coded_as_one === null ? "" : `, ${correlation.coded_as_one} counted as 1`)] : []),
        ...(trials.some((t) => t.trial === best)
          ? [`the diamond is the best trial${analysis.foreign ? "" : " after full training"}`] : []),
        ...(slice ? ["dashed: the forest's mean over all other parameters"] : [])].join("; ");
      return {
        summary: `${counted(searched.length, "trial")} by ${parameter.name}` +
          (r ? `; Pearson's correlation with the score is ${fixed(r.value, 2)}.` : "."),
        note: (notes && `${notes[0].toUpperCase()}${notes.slice(1)}.`) +
          someOf(trials.length, searched.length, "trial"),
        rows: [["Trial", parameter.name, "Score"],
          ...trials.map((t) =>
            [String(t.trial), valueText(t.parameters[parameter.name]), scoreText(t.compared_score)])],
        option: (_, width) => ({
          tip: ({ dataIndex: i }) => `trial ${trials[i].trial}: ${parameter.name} ` +
            `${valueText(trials[i].parameters[parameter.name])}, score ${scoreText(trials[i].compared_score)}`,
          xAxis: unitAxis(parameter, charactersIn(width - 100, parameter.tics.length)),
          yAxis: boundedAxis(analysis.score_titles.compared, paddedRange(trials.map((t) => t.compared_score))),
          series: [
            { type: "scatter", data: trials.map(point), symbolSize: 9, itemStyle: { opacity: 0.8 } },
            ...(slice ? [{
              type: "line", silent: true, symbol: parameter.categorical ? "rect" : "none", z: 1,
              lineStyle: { width: 2.5, type: "dashed" }, itemStyle: { color: colour.green },
              data: slice.values.map((value, i) => [parameter.unit(value), slice.score[i]]),
            }] : []),
          ],
        }),
      };
    };
  });
}
