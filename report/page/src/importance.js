// How much of the score's variance each parameter makes, with intervals.
import { axis, chosenFigure } from "./chart.js";
import { comparedText, counted, fixed, someOf, wrapped } from "./study.js";
import { colour } from "./theme.js";

export const id = "importance", title = "Importance of the parameters";

const measures = {
  fanova: "fANOVA, alone", fanova_total: "fANOVA, with interactions", ped_anova: "PED-ANOVA",
  impurity: "forest impurity",
};
const explanations = {
  fanova: "The fraction of the score's variance over the space that a parameter makes by itself.",
  fanova_total: "The same with the parameter's interactions with one other.",
  ped_anova: "How differently the best tenth of the trials is distributed from all of them.",
  impurity: "What the splits of a random forest remove; biased towards parameters with many values.",
};

const mostBars = 30;

const named = ({ name }, narrow) => wrapped(name, narrow ? 18 : 40);

export function create(parent) {
  return chosenFigure(parent, "Importance with 95% intervals", ["Measure"], (analysis, measure) => {
    if (analysis.parameter_importance.length === 0)
      return { message: "Takes eight comparable trials with different scores; where these are compared before the end of " +
        `their training, ${analysis.trials_for_importance}.` };
    measure.offer(Object.entries(measures).map(([value, label]) => ({ value, label })));
    return () => {
      const key = measure.value();
      const all = [...analysis.parameter_importance].sort((a, b) => b[key].value - a[key].value);
      const entries = all.slice(0, mostBars);
      const percent = (value) => 100 * value;
      const estimate = ({ value, low, high }) =>
        `${fixed(percent(value), 1)} [${fixed(percent(low), 1)}, ${fixed(percent(high), 1)}]`;
      const { trials, left_out: leftOut } = analysis.comparable;
      return {
        height: (narrow) =>
          90 + entries.reduce((sum, e) => sum + 15 + 13 * named(e, narrow).split("\n").length, 0),
        summary: `${measures[key]}: ${entries[0].name} comes first with ${fixed(percent(entries[0][key].value), 1)}%.`,
        note: `${explanations[key]} From ${counted(trials, "trial")}, ${leftOut} left out: ${comparedText(analysis)}.` +
          (trials < analysis.trials_for_importance
            ? ` Unreliable: fewer than ${analysis.trials_for_importance} trials.` : "") +
          someOf(entries.length, all.length, "parameter") +
          (analysis.unvaried_parameters.length
            ? ` The same in all of these trials, and so not judged: ${analysis.unvaried_parameters.join(", ")}.` : ""),
        rows: [["Parameter", "Trials that searched it", ...Object.values(measures).map((m) => `${m} (%)`)],
          ...all.map((e) => [e.name, String(e.trials), ...Object.keys(measures).map((m) => estimate(e[m]))])],
        option: (narrow) => ({
          tip: ({ dataIndex }) => `${entries[dataIndex].name}: ${estimate(entries[dataIndex][key])}%`,
          grid: { top: 8, left: 8, bottom: 28 },
          xAxis: axis("Importance (%)", { min: 0 }),
          yAxis: {
            type: "category", inverse: true, data: entries.map((e) => named(e, narrow)),
            axisLabel: { interval: 0, lineHeight: 13 },
          },
          series: [
            { type: "bar", barCategoryGap: "30%", itemStyle: { color: colour.sky, opacity: 0.6 },
              data: entries.map((e) => percent(e[key].value)) },
            { type: "custom", silent: true, z: 3,
              encode: { x: [1, 2], y: 0 },
              data: entries.map((e, i) => [i, percent(e[key].low), percent(e[key].high)]),
              renderItem: whisker },
          ],
        }),
      };
    };
  });
}

// A horizontal interval with caps.
export function whisker(_, api) {
  const y = api.value(0), cap = 5;
  const [left, middle] = api.coord([api.value(1), y]), [right] = api.coord([api.value(2), y]);
  const line = (x1, y1, x2, y2) =>
    ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: colour.ink, lineWidth: 1.5 } });
  return {
    type: "group",
    children: [line(left, middle, right, middle), line(left, middle - cap, left, middle + cap),
      line(right, middle - cap, right, middle + cap)],
  };
}
