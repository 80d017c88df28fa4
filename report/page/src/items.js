// Category response curves of any question: what a learner of some ability answers.
import { axis, boundedAxis, chosenFigure } from "./chart.js";
import { naturally } from "./dom.js";
import { abilityTitle, categoryProbabilities, scaleOf, standardized } from "./gpcm.js";
import { counted, fixed } from "./study.js";
import { colour, seriesColour } from "./theme.js";

export const id = "items", title = "Questions", ofModels = true;

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
  const labels = ["Question", "Beside the winner"];
  return chosenFigure(parent, "Category response curves", labels, (analysis, chosen, other) => {
    const items = analysis.items.filter((item) => item.winner.alpha !== null);
    if (items.length === 0) return { message: "Known once the winner is trained on all learners of the search." };
    chosen.offer(items.map((item, i) => ({ value: i, label: String(item.question) }))
      .sort((a, b) => naturally(a.label, b.label)));
    other.offer([{ value: "", label: "nothing" },
      ...["classical", "truth"].filter((model) => items.some((item) => item[model]))
        .map((model) => ({ value: model, label: models[model] }))]);
    return () => {
      const raw = items[Number(chosen.value())], item = { ...raw };
      for (const model of ["winner", "classical"])
        if (raw[model]) item[model] = standardized(raw[model], scaleOf(analysis, model));
      const far = reach(item);
      const abilities = Array.from({ length: points }, (_, i) => -far + (2 * far * i) / (points - 1));
      const shown = ["winner", other.value()].filter((model) => item[model]);
      const curves = shown.map((model) => abilities.map((theta) =>
        categoryProbabilities(theta, item[model].alpha, item[model].beta)));
      // Where the winner's curves are highest stand the categories, which colours alone don't tell in print.
      const tops = [];
      for (const k of curves[0][0].keys()) {
        const i = curves[0].reduce((top, p, at) => (p[k] > curves[0][top][k] ? at : top), 0), value = [abilities[i], curves[0][i][k]];
        if (value[1] === null) continue;
        const near = tops.find(({ value: [x, y] }) => Math.abs(x - value[0]) < far / 6 && Math.abs(y - value[1]) < 0.07);
        const position = near ? (value[1] > near.value[1] ? "top" : "bottom") : i < points / 2 ? "right" : "left";
        tops.push({ value, label: { formatter: String(k), position } });
      }
      return {
        summary: `Question ${item.question}: ${describe(item.winner)}.`,
        note: shown
          .map((model, m) => `${m ? "Dashed" : "Solid"}, ${models[model]}: ${describe(item[model])}. `).join("") +
          `${counted(item.responses, "training response")}. ` +
          "At a threshold two neighbouring categories are equally probable." +
          (shown.some((model) => item[model].beta.includes(null))
            ? " Training never saw some category here: its thresholds are unknown, and the curves are those of an answer " +
              "in one of the others." : ""),
        rows: [["Ability", ...shown.flatMap((model, m) => curves[m][0].map((_, k) => `P(${k}), ${models[model]}`))],
          ...abilities.map((theta, i) => [theta, ...curves.flatMap((curve) => curve[i])])
            .filter((_, i) => i % 8 === 0)
            .map(([theta, ...probabilities]) => [fixed(theta, 2), ...probabilities.map((p) => fixed(p, 3))])],
        option: (narrow) => ({
          tooltip: { trigger: "axis", valueFormatter: (v) => fixed(v, 3), axisPointer: { label: { precision: 2 } } },
          legend: { top: 0, data: curves[0][0].map((_, k) => `category ${k}`) },
          grid: { top: narrow ? 64 : 40 },
          xAxis: boundedAxis(abilityTitle(analysis), [-far, far], { axisLabel: { formatter: (v) => fixed(v, 1) } }),
          yAxis: axis("Probability", { min: 0, max: 1 }),
          series: [...shown.flatMap((model, m) => curves[m][0].map((_, k) => ({
            name: `category ${k}`, type: "line", symbol: "none", color: seriesColour(k),
            lineStyle: { width: m ? 1.5 : 2.5, type: m ? "dashed" : "solid" },
            data: abilities.map((theta, i) => [theta, curves[m][i][k]]),
          }))), {
            type: "scatter", silent: true, tooltip: { show: false }, symbolSize: 1, data: tops, z: 9,
            itemStyle: { color: "none" },
            label: {
              show: true, fontSize: 14, fontWeight: "bold", color: colour.ink,
              textBorderColor: colour.paper, textBorderWidth: 3,
            },
          }],
        }),
      };
    };
  });
}
