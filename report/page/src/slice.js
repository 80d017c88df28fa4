// One parameter against the score.
import { colour, figure, scoreAxis, unitAxis } from "./chart.js";
import { select } from "./dom.js";
import { comparable, comparedTitle, fixed, paddedRange, parameterAxis, parametersByImportance, valueText } from "./study.js";

export const title = "Slices and contours";

export function create(parent) {
  let redraw = () => {};
  const chosen = select("Parameter", () => redraw());
  const chart = figure(parent, "One parameter against the score", [chosen.element]);
  return (analysis) => {
    chosen.offer(parametersByImportance(analysis).map((p) => ({ value: p.name })));
    redraw = () => {
      const parameter = parameterAxis(analysis.space.find((p) => p.name === chosen.value()));
      const trials = comparable(analysis)
        .filter((t) => !Number.isNaN(parameter.unit(t.parameters[parameter.name])));
      if (trials.length === 0) return chart.draw({ message: "No trial can be compared yet." });
      const r = analysis.parameter_correlations.find((c) => c.name === parameter.name);
      const [low, high] = paddedRange(trials.map((t) => t.compared));
      const best = analysis.best?.trial;
      const slice = analysis.slices.find((one) => one.name === parameter.name);
      const point = (t, i) => {
        // Trials of a category stand side by side.
        const spread = parameter.categorical ? (((i * 0.618) % 1) - 0.5) * 0.4 / parameter.tics.length : 0;
        return {
          name: `trial ${t.trial}`,
          value: [parameter.unit(t.parameters[parameter.name]) + spread, t.compared],
          itemStyle: t.trial === best ? { color: colour.vermillion } : undefined,
          symbol: t.trial === best ? "diamond" : "circle", symbolSize: t.trial === best ? 16 : 9,
        };
      };
      chart.draw({
        summary: `${trials.length} trials by ${parameter.name}` +
          (r ? `; Pearson's correlation with the score is ${fixed(r.pearson.value, 2)}.` : "."),
        note: (r ? `Pearson's r = ${fixed(r.pearson.value, 2)} [${fixed(r.pearson.low, 2)}, ${fixed(r.pearson.high, 2)}]. ` : "") +
          "The diamond is the best trial" + (slice
            ? "; dashed: the forest's mean over all other parameters." : "."),
        rows: [["Trial", parameter.name, "Score"],
          ...trials.map((t) => [String(t.trial), valueText(t.parameters[parameter.name]), fixed(t.compared)])],
        option: () => ({
          tooltip: {
            trigger: "item",
            formatter: ({ dataIndex }) => `trial ${trials[dataIndex].trial}: ${parameter.name} ` +
              `${valueText(trials[dataIndex].parameters[parameter.name])}, score ${fixed(trials[dataIndex].compared)}`,
          },
          grid: { top: 16, left: 24, right: 24, bottom: 24 },
          xAxis: unitAxis(parameter),
          yAxis: scoreAxis(comparedTitle(analysis), [low, high]),
          series: [
            { type: "scatter", data: trials.map(point), itemStyle: { opacity: 0.8 } },
            ...(slice ? [{
              type: "line", silent: true, symbol: parameter.categorical ? "rect" : "none", z: 1,
              lineStyle: { width: 2.5, type: "dashed" }, itemStyle: { color: colour.green },
              data: slice.values.map((value, i) => [parameter.unit(value), slice.score[i]]),
            }] : []),
          ],
        }),
      });
    };
    redraw();
  };
}
