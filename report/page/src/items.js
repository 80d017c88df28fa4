// Category response curves of any question: what a learner of some ability answers.
import { axis, figure, palette } from "./chart.js";
import { select } from "./dom.js";
import { categoryProbabilities } from "./gpcm.js";
import { fixed } from "./study.js";

export const title = "Questions";

const points = 81;

/** Abilities that the curves span: all thresholds of the questions, at least -3 to 3. */
function abilityRange(items) {
  const thresholds = items.flatMap((item) => item.beta);
  const far = Math.max(3, ...thresholds.map(Math.abs));
  return Math.min(far * 1.1, 8);
}

export function create(parent) {
  let redraw = () => {};
  const chosen = select("Question", () => redraw());
  const chart = figure(parent, "Category response curves", [chosen.element]);
  return (analysis) => {
    const items = (analysis.items ?? []).filter((item) => item.alpha !== null);
    chosen.offer(items.map((item, i) => ({ value: i, label: String(item.question) })));
    redraw = () => {
      if (items.length === 0)
        return chart.draw({ message: "Known once the winner is trained on all learners of the search." });
      const { question, alpha, beta } = items[Number(chosen.value())];
      const far = abilityRange(items);
      const abilities = Array.from({ length: points }, (_, i) => -far + (2 * far * i) / (points - 1));
      const probabilities = abilities.map((theta) => categoryProbabilities(theta, alpha, beta));
      chart.draw({
        summary: `Question ${question}: discrimination ${fixed(alpha, 2)}, thresholds ${beta.map((b) => fixed(b, 2)).join(", ")}.`,
        note: `Discrimination ${fixed(alpha, 3)} (mean over its training responses); thresholds ` +
          `${beta.map((b) => fixed(b, 3)).join(", ")}: where neighbouring categories are equally probable.`,
        rows: [["Ability", ...probabilities[0].map((_, k) => `P(${k})`)],
          ...abilities.filter((_, i) => i % 8 === 0).map((theta, i) =>
            [fixed(theta, 2), ...probabilities[8 * i].map((p) => fixed(p, 3))])],
        option: () => ({
          tooltip: { trigger: "axis", valueFormatter: (v) => fixed(v, 3), axisPointer: { label: { precision: 2 } } },
          legend: { top: 0 },
          grid: { top: 40, left: 24, right: 24, bottom: 24 },
          xAxis: axis("Ability", { min: -far, max: far, axisLabel: { showMinLabel: false, showMaxLabel: false, formatter: (v) => fixed(v, 1) } }),
          yAxis: axis("Probability", { min: 0, max: 1 }),
          series: probabilities[0].map((_, k) => ({
            name: `category ${k}`, type: "line", symbol: "none", lineStyle: { width: 2.5, type: k < palette.length ? "solid" : "dashed" },
            data: abilities.map((theta, i) => [theta, probabilities[i][k]]),
          })),
        }),
      });
    };
    redraw();
  };
}
