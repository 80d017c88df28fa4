// The ability that models ascribe to a learner, step by step, and the responses that they saw.
import { boundedAxis, chosenFigure, countAxis } from "./chart.js";
import { naturally } from "./dom.js";
import { counted, fixed } from "./study.js";
import { colour, levelColour } from "./theme.js";

export const id = "abilities", title = "Learners", ofModels = true;

export function create(parent) {
  return chosenFigure(parent, "Ability before every response", ["Learner"], (analysis, chosen) => {
    const { learners, items } = analysis;
    if (learners.length === 0) return { message: "Known once the winner is trained on all learners of the search." };
    const last = analysis.dataset.categories - 1;
    chosen.offer(learners.map((one, i) => ({ value: i, label: String(one.learner) }))
      .sort((a, b) => naturally(a.label, b.label)));
    return () => {
      const { learner, theta, classical_theta: classical, ability, questions, responses, held_out: heldOut } =
        learners[Number(chosen.value())];
      const all = [...theta, ...(classical ?? []), ...(typeof ability === "number" ? [ability] : [])];
      const pad = 0.25 + (Math.max(...all) - Math.min(...all)) / 10;
      const low = Math.min(...all) - pad, high = Math.max(...all) + pad;
      const line = (name, values, options) =>
        ({ name, type: "line", symbol: "none", data: values.map((value, i) => [i + 1, value]), ...options });
      return {
        summary: `Learner ${learner}: ${counted(theta.length, "step")}, the winner's ability from ` +
          `${fixed(theta[0], 2)} to ${fixed(theta.at(-1), 2)}` +
          (typeof ability === "number" ? `; the true one is ${fixed(ability, 2)}.` : "."),
        note: (heldOut ? "Held out from the search" : "Among those searched on") +
          `; ${counted(theta.length, "step")}. Points at the foot: the responses, ` +
          `bright for category ${last}, dark for 0. ` +
          "Models scale abilities differently: compare shapes, not heights.",
        rows: [["Step", "Question", "Response", "Ability", "Classical GPCM"],
          ...theta.map((value, i) => [String(i + 1), String(items[questions[i]]?.question ?? questions[i]),
            String(responses[i]), fixed(value, 3), fixed(classical?.[i], 3)])],
        option: () => ({
          tooltip: { trigger: "axis", valueFormatter: (v) => fixed(v, 3) },
          legend: { top: 0, data: ["the winner", "classical GPCM", "the truth"] },
          grid: { top: 40 },
          xAxis: countAxis("Step", theta.length),
          yAxis: boundedAxis("Ability", [low, high], { axisLabel: { formatter: (v) => fixed(v, 1) } }),
          series: [
            line("the winner", theta, { itemStyle: { color: colour.blue }, lineStyle: { width: 2.5 } }),
            ...(classical?.length ? [line("classical GPCM", classical,
              { itemStyle: { color: colour.orange }, lineStyle: { type: "dashed" } })] : []),
            ...(typeof ability === "number" ? [line("the truth", theta.map(() => ability),
              { itemStyle: { color: colour.grey }, lineStyle: { type: "dotted" } })] : []),
            { type: "scatter", silent: true, symbol: "rect", symbolSize: [4, 10], tooltip: { show: false },
              data: responses.map((response, i) => ({
                value: [i + 1, low + pad / 4],
                itemStyle: { color: levelColour(response / Math.max(1, last)) },
              })) },
          ],
        }),
      };
    };
  });
}
