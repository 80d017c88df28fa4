// Every trial as a line through all parameters, coloured by its score.
import { cividis, figure } from "./chart.js";
import { select } from "./dom.js";
import { comparable, comparedTitle, fixed, parameterAxis, paddedRange, valueText } from "./study.js";

// In a narrow window axes lie one above the other: their names stand over their right ends.
const above = { align: "right", verticalAlign: "bottom", padding: [0, 0, 6, 0] };

export const title = "Parallel coordinates";

export function create(parent) {
  let redraw = () => {};
  const share = select("Show", () => redraw());
  share.offer([
    { value: 1, label: "all trials" }, { value: 0.5, label: "the best half" },
    { value: 0.25, label: "the best quarter" }, { value: 0.1, label: "the best tenth" }]);
  const chart = figure(parent, "Parameters of the trials", [share.element]);
  return (analysis) => {
    redraw = () => {
      const ranked = comparable(analysis).sort((a, b) => b.compared - a.compared);
      if (ranked.length === 0) return chart.draw({ message: "No trial can be compared yet." });
      const shown = ranked.slice(0, Math.max(1, Math.ceil(Number(share.value()) * ranked.length)));
      const axes = analysis.space.map(parameterAxis);
      const [low, high] = paddedRange(ranked.map((t) => t.compared));
      const unitToTic = (axis) => (at) =>
        axis.tics.find((tic) => Math.abs(tic.at - at) < 1e-6)?.label ?? "";
      chart.draw({
        height: (narrow) => (narrow ? 120 + 52 * (axes.length + 1) : 460),
        summary: `${shown.length} trials, one line each; the brighter, the higher the score.`,
        note: `Dark to bright: from the lowest score to the highest, ${comparedTitle(analysis)}. Drag along an axis to pick trials.`,
        rows: [["Trial", "Score", ...axes.map((a) => a.name)],
          ...shown.map((t) => [String(t.trial), fixed(t.compared),
            ...axes.map((a) => valueText(t.parameters[a.name]))])],
        option: (narrow) => ({
          tooltip: { trigger: "item", formatter: ({ name, value }) => `${name}: ${fixed(value.at(-1))}` },
          visualMap: {
            min: low, max: high, dimension: axes.length, inRange: { color: cividis }, precision: 3,
            orient: "horizontal", left: "center", bottom: 0, itemHeight: 160, text: [`${fixed(high, 3)} score`, fixed(low, 3)],
          },
          parallel: {
            layout: narrow ? "vertical" : "horizontal",
            top: narrow ? 30 : 60, bottom: narrow ? 70 : 80, left: narrow ? 24 : 40, right: narrow ? 24 : 50,
          },
          parallelAxis: [
            ...axes.map((axis, dim) => ({
              dim, name: narrow ? axis.name : axis.name.replaceAll("_", "\n"), min: 0, max: 1,
              nameLocation: "end", nameGap: narrow ? 4 : 10,
              nameTextStyle: narrow ? above : { lineHeight: 13 },
              axisTick: { customValues: axis.tics.map((tic) => tic.at) },
              axisLabel: { customValues: axis.tics.map((tic) => tic.at), formatter: unitToTic(axis), fontSize: 11 },
            })),
            { dim: axes.length, name: "score", min: low, max: high, nameGap: narrow ? 4 : 10,
              nameTextStyle: narrow ? above : { fontWeight: "bold", lineHeight: 13 },
              axisLabel: { formatter: (v) => v.toFixed(2), fontSize: 11 } },
          ],
          series: [{
            type: "parallel", lineStyle: { width: 2, opacity: 0.75 }, emphasis: { lineStyle: { width: 4 } },
            data: [...shown].reverse().map((t) => ({
              name: `trial ${t.trial}`,
              value: [...axes.map((a) => a.unit(t.parameters[a.name])).map((u) => (Number.isNaN(u) ? "-" : u)), t.compared],
            })),
          }],
        }),
      });
    };
    redraw();
  };
}
