// The winner and the classical GPCM along the sequence, and skill by skill: who is ahead where.
import { axis, charactersIn, chosenFigure } from "./chart.js";
import { counted, fixed, notOnRecord, someOf, wrapped } from "./study.js";
import { colour } from "./theme.js";

export const id = "positions", title = "Positions and skills", ofModels = true;

const mostSkills = 40;
const models = [["winner", "the winner"], ["classical", "classical GPCM"]];
const nameOf = ({ skill, first, last }) => skill ?? (first === last ? String(first) : `${first} to ${last}`);

export function create(parent) {
  return chosenFigure(parent, "Scores by part", ["Metric", "By"], (analysis, metric, by) => {
    const { by_position: positions, by_skill: skills, dataset } = analysis;
    if (positions.length === 0) return { message: notOnRecord };
    const known = new Set([...positions, ...skills].flatMap((part) => Object.keys(part.winner)));
    // Cross-entropy tells most of few responses.
    const offered = analysis.metrics.filter(({ name }) => known.has(name));
    metric.offer(offered.map(({ name, title: label }) => ({ value: name, label })),
      offered.some(({ name }) => name === "cross_entropy") ? "cross_entropy" : undefined);
    by.offer([{ value: "position", label: "position in the sequence" },
      ...(skills.length ? [{ value: "skill", label: "skill" }] : [])]);
    return () => {
      const bySkill = by.value() === "skill", all = bySkill ? skills : positions, parts = all.slice(0, bySkill ? mostSkills : Infinity);
      const { name, title: label, direction } = analysis.metrics.find((one) => one.name === metric.value());
      const value = (part, model) => part[model][name] ?? null;
      const ahead = parts.filter((part) => value(part, "winner") !== null && value(part, "classical") !== null &&
        (direction === "minimize" ? value(part, "winner") < value(part, "classical")
          : value(part, "winner") > value(part, "classical"))).length;
      return {
        summary: `${label} of ${counted(parts.length, "part")}; the winner is better in ${ahead}.`,
        note: (dataset.test_learners > 0 ? "On the learners held out"
          : "In cross-validation, each fold's model on the learners left out of it") +
          (direction === "minimize" ? "; the lower, the better." : ".") + someOf(parts.length, all.length, "skill"),
        rows: [[bySkill ? "Skill" : "Position", "Responses", ...models.map(([, text]) => text)],
          ...parts.map((part) => [nameOf(part), String(part.responses),
            ...models.map(([model]) => fixed(value(part, model), 4))])],
        option: (narrow, width) => ({
          tip: ({ seriesName, dataIndex: i, value: shown }) =>
            `${nameOf(parts[i])}: ${seriesName} ${fixed(shown, 4)}, ${counted(parts[i].responses, "response")}`,
          legend: { top: 0 },
          grid: { top: 40 },
          xAxis: { ...axis(bySkill ? "Skill" : "Position of the response in the sequence"), type: "category",
            data: parts.map(nameOf),
            axisLabel: { hideOverlap: true, lineHeight: 13,
              formatter: (text) => wrapped(text, Math.max(6, charactersIn(width - 100, Math.min(parts.length, narrow ? 4 : 10))), 2) } },
          yAxis: axis(label, { scale: true }),
          series: models.map(([model, text], m) => ({
            name: text, type: "line", symbol: m ? "emptyRect" : "circle", symbolSize: 8, color: m ? colour.vermillion : colour.blue,
            lineStyle: { width: bySkill ? 0 : 2, type: m ? "dashed" : "solid" }, data: parts.map((part) => value(part, model)),
          })),
        }),
      };
    };
  });
}
