// What answers tell of ability: Fisher's information of all questions or of one, by both models.
import { axis, chosenFigure } from "./chart.js";
import { naturally } from "./dom.js";
import { abilityTitle, categoryProbabilities, scaleOf, standardized } from "./gpcm.js";
import { fixed, notOnRecord } from "./study.js";
import { colour } from "./theme.js";

const points = 81;
const names = { winner: "the winner", classical: "classical GPCM" };

/** alpha^2 Var(k | theta); null where the parameters aren't known. */
function information(theta, { alpha, beta }) {
  const p = categoryProbabilities(theta, alpha, beta);
  if (alpha === null || p.every((one) => one === null)) return null;
  const mean = p.reduce((sum, one, k) => sum + k * (one ?? 0), 0);
  return alpha ** 2 * p.reduce((sum, one, k) => sum + (k - mean) ** 2 * (one ?? 0), 0);
}

export function create(parent) {
  return chosenFigure(parent, "Information", ["Of"], (analysis, of) => {
    const { psychometrics, items } = analysis;
    if (!psychometrics) return { message: notOnRecord };
    of.offer([{ value: "", label: "all questions together" }, ...items
      .map((item, i) => ({ value: i, label: String(item.question), answered: item.responses > 0 }))
      .filter((one) => one.answered).sort((a, b) => naturally(a.label, b.label))]);
    return () => {
      const item = of.value() === "" ? null : items[Number(of.value())];
      const curves = Object.keys(names).map((model) => {
        const scale = scaleOf(analysis, model), { test_information: test } = psychometrics[model];
        if (item) {
          const parameters = standardized(item[model], scale);
          return Array.from({ length: points }, (_, i) => -4 + (8 * i) / (points - 1))
            .map((theta) => [theta, information(theta, parameters)]);
        }
        return test.ability.map((theta, i) => [(theta - scale.mean) / scale.sd, test.information[i] * scale.sd ** 2]);
      });
      const most = curves.map((curve) => curve.reduce((a, b) => (b[1] > a[1] ? b : a)));
      return {
        summary: Object.values(names).map((name, m) =>
          `${name}: at most ${fixed(most[m][1], 2)}, at ${fixed(most[m][0], 2)}`).join("; "),
        note: "Per squared standard deviation of the learners' abilities, so that the two models compare: its root's " +
          "inverse is a standard error in such deviations.",
        rows: [["Ability", ...Object.values(names)], ...curves[0].map(([z, told], i) =>
          [fixed(z, 1), fixed(told, 3), fixed(curves[1][i][1], 3)]).filter((_, i) => i % 8 === 0)],
        option: () => ({
          tooltip: { trigger: "axis", valueFormatter: (v) => fixed(v, 3), axisPointer: { label: { precision: 2 } } },
          legend: { top: 0 },
          grid: { top: 40 },
          xAxis: axis(abilityTitle(analysis), { min: -4, max: 4 }),
          yAxis: axis("Information", { min: 0 }),
          series: Object.values(names).map((name, m) => ({
            name, type: "line", symbol: "none", data: curves[m], color: m ? colour.vermillion : colour.blue,
            lineStyle: { width: 2.5, type: m ? "dashed" : "solid" },
          })),
        }),
      };
    };
  });
}
