// Category response curves of any question: what a learner of some ability answers.
import { axis, figure, palette } from "./chart.js";
import { select } from "./dom.js";
import { categoryProbabilities } from "./gpcm.js";
import { fixed } from "./study.js";

export const title = "Questions";

const points = 81;  // of a curve

const models = { winner: "the winner", classical: "classical GPCM", truth: "the truth" };

/** Half the width of the ability axis: all thresholds, at least -3 to 3. */
function reach(item) {
  const far = Object.keys(models).flatMap((model) => item[model]?.beta ?? []).map(Math.abs);
  return Math.min(1.2 * Math.max(2.5, ...far), 8);
}

const describe = ({ alpha, beta }) =>
  `discrimination ${fixed(alpha, 2)}, thresholds ${beta.map((b) => fixed(b, 2)).join(", ")}`;

export function create(parent) {
  let redraw = () => {};
  const chosen = select("Question", () => redraw()), other = select("Beside the winner", () => redraw());
  const chart = figure(parent, "Category response curves", [chosen.element, other.element]);
  return (analysis) => {
    const items = analysis.items.filter((item) => item.winner.alpha !== null);
    chosen.offer(items.map((item, i) => ({ value: i, label: String(item.question) })));
    other.offer([{ value: "", label: "nothing" },
      ...["classical", "truth"].filter((model) => items.some((item) => item[model]))
        .map((model) => ({ value: model, label: models[model] }))]);
    redraw = () => {
      if (items.length === 0)
        return chart.draw({ message: "Known once the winner is trained on all learners of the search." });
      const item = items[Number(chosen.value())], far = reach(item);
      const abilities = Array.from({ length: points }, (_, i) => -far + (2 * far * i) / (points - 1));
      const shown = ["winner", other.value()].filter((model) => item[model]);
      const curves = shown.map((model) => abilities.map((theta) =>
        categoryProbabilities(theta, item[model].alpha, item[model].beta)));
      chart.draw({
        summary: `Question ${item.question}: ${describe(item.winner)}.`,
        note: shown.map((model) => `${models[model]}: ${describe(item[model])}. `).join("") +
          `${item.responses} training responses. At a threshold two neighbouring categories are equally probable.`,
        rows: [["Ability", ...shown.flatMap((model, m) => curves[m][0].map((_, k) => `P(${k}), ${models[model]}`))],
          ...abilities.map((theta, i) => [fixed(theta, 2), ...curves.flatMap((curve) => curve[i].map((p) => fixed(p, 3)))])
            .filter((_, i) => i % 8 === 0)],
        option: (narrow) => ({
          tooltip: { trigger: "axis", valueFormatter: (v) => fixed(v, 3), axisPointer: { label: { precision: 2 } } },
          legend: { top: 0, data: curves[0][0].map((_, k) => `category ${k}`) },
          grid: { top: narrow ? 64 : 40, left: 24, right: 24, bottom: 24 },
          xAxis: axis("Ability", { min: -far, max: far, axisLabel: { showMinLabel: false, showMaxLabel: false, formatter: (v) => fixed(v, 1) } }),
          yAxis: axis("Probability", { min: 0, max: 1 }),
          series: shown.flatMap((model, m) => curves[m][0].map((_, k) => ({
            name: `category ${k}`, type: "line", symbol: "none", color: palette[k % palette.length],
            lineStyle: { width: m ? 1.5 : 2.5, type: m ? "dashed" : "solid" },
            data: abilities.map((theta, i) => [theta, curves[m][i][k]]),
          }))),
        }),
      });
    };
    redraw();
  };
}
