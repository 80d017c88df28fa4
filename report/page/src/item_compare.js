// Questions by the winner against the same by the classical GPCM: parameters and fit.
import { boundedAxis, chosenFigure, mostShapes, ticText } from "./chart.js";
import { intercepts, scaleOf, standardized } from "./gpcm.js";
import { counted, fixed, paddedRange, someOf, thinned } from "./study.js";
import { colour } from "./theme.js";

const fit = (field) => (classical, winner) => [{ label: "", x: classical[field], y: winner[field] }];
/** What is compared of an item, both models on the scale of their learners' abilities. */
const figures = {
  alpha: { label: "discrimination per deviation",
    of: (classical, winner) => [{ label: "", x: classical.alpha, y: winner.alpha }] },
  intercept: {
    label: "intercepts, the log odds for the average learner",
    of: (classical, winner) => {
      const y = intercepts(winner);
      return intercepts(classical).map((x, j) => ({ label: `, threshold ${j + 1}`, x, y: y[j] }));
    },
  },
  infit: { label: "infit", of: fit("infit"), fit: true },
  outfit: { label: "outfit", of: fit("outfit"), fit: true },
};

export function create(parent) {
  return chosenFigure(parent, "The winner's questions against the classical ones", ["By"], (analysis, by) => {
    const { psychometrics, items, classical_agreement: agreement } = analysis;
    if (items.length === 0) return { message: "Known once the winner is trained on all learners of the search." };
    by.offer(Object.entries(figures).filter(([, { fit }]) => psychometrics || !fit)
      .map(([value, { label }]) => ({ value, label })));
    return () => {
      const { label, of } = figures[by.value()];
      const all = items.filter((item) => item.responses > 0).flatMap((item) => of(...["classical", "winner"]
        .map((model) => ({ ...item[model], ...standardized(item[model], scaleOf(analysis, model)) })))
        .filter(({ x, y }) => typeof x === "number" && typeof y === "number")
        .map((point) => ({ ...point, name: `question ${item.question}${point.label}` })));
      if (all.length === 0) return { message: "No question has both." };
      const shown = thinned(all, mostShapes);
      const [x, y] = [paddedRange(all.map((p) => p.x)), paddedRange(all.map((p) => p.y))];
      const [r, line] = { alpha: [agreement?.discrimination, agreement?.discrimination_line],
        intercept: [agreement?.intercept, agreement?.intercept_line] }[by.value()] ?? [];
      const likeness = typeof r !== "number" ? "" : ` Pearson's r: ${fixed(r, 3)}` + (line.slope === null ? "."
        : `; slope of the line ${fixed(line.slope, 2)} (${fixed(line.slope_error, 2)}), root mean square difference ` +
          `${fixed(line.rmsd, 2)}.`);
      const diagonal = [Math.max(x[0], y[0]), Math.min(x[1], y[1])];
      return {
        summary: `${counted(all.length, "point")}.${likeness}`,
        note: `Dashed: where both are equal.${likeness}` +
          someOf(shown.length, all.length, "point"),
        rows: [["Question", "Classical GPCM", "The winner"], ...all.map((p) => [p.name, fixed(p.x, 3), fixed(p.y, 3)])],
        option: () => ({
          tip: ({ data }) => data.tip,
          xAxis: boundedAxis(`Classical GPCM: ${label}`, x, { axisLabel: { formatter: ticText(x) } }),
          yAxis: boundedAxis(`The winner: ${label}`, y, { axisLabel: { formatter: ticText(y) } }),
          series: [{
            type: "scatter", symbolSize: shown.length > 300 ? 5 : 8, itemStyle: { color: colour.blue, opacity: 0.7 },
            data: shown.map((p) => ({ value: [p.x, p.y],
              tip: `${p.name}\nclassical ${fixed(p.x, 3)}, the winner ${fixed(p.y, 3)}` })),
          }, ...(diagonal[0] < diagonal[1] ? [{
            type: "line", symbol: "none", silent: true, lineStyle: { color: colour.grey, type: "dashed" },
            data: diagonal.map((v) => ({ value: [v, v], tip: "" })),
          }] : [])],
        }),
      };
    };
  });
}
