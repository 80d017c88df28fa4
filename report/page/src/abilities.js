// The ability that the winner ascribes to a learner, step by step.
import { axis, colour, figure } from "./chart.js";
import { select } from "./dom.js";
import { fixed } from "./study.js";

export const title = "Learners";

export function create(parent) {
  let redraw = () => {};
  const chosen = select("Learner", () => redraw());
  const chart = figure(parent, "Ability before every response", [chosen.element]);
  return (analysis) => {
    const learners = analysis.abilities ?? [];
    chosen.offer(learners.map((one, i) => ({ value: i, label: String(one.learner) })));
    redraw = () => {
      if (learners.length === 0)
        return chart.draw({ message: "Known once the winner is trained, for learners held out from the search." });
      const { learner, theta } = learners[Number(chosen.value())];
      const range = [Math.min(...learners.flatMap((l) => l.theta)), Math.max(...learners.flatMap((l) => l.theta))];
      chart.draw({
        summary: `Learner ${learner}: ${theta.length} steps, from ${fixed(theta[0], 2)} to ${fixed(theta.at(-1), 2)}.`,
        note: `${theta.length} steps; the axis spans all learners held out.`,
        rows: [["Step", "Ability"], ...theta.map((value, i) => [String(i + 1), fixed(value, 3)])],
        option: () => ({
          tooltip: { trigger: "axis", valueFormatter: (v) => fixed(v, 3) },
          grid: { top: 16, left: 24, right: 24, bottom: 24 },
          xAxis: axis("Step", { min: 1, max: Math.max(2, theta.length), minInterval: 1 }),
          yAxis: axis("Ability", { min: range[0], max: range[1], axisLabel: { formatter: (v) => fixed(v, 1) } }),
          series: [{ type: "line", showSymbol: theta.length < 2, itemStyle: { color: colour.blue }, data: theta.map((value, i) => [i + 1, value]) }],
        }),
      });
    };
    redraw();
  };
}
