// Validation score by epoch of every trial; where a scheduler stopped some, who was promoted.
import { axis, colour, figure, scoreAxis } from "./chart.js";
import { select } from "./dom.js";
import { fixed, meanCurve, paddedRange, scoreTitle, valueText } from "./study.js";

export const title = "Learning curves";

/** Epochs at which some trials ended while others went on. */
export function rungs(lengths) {
  const distinct = [...new Set(lengths)].filter((n) => n > 0).sort((a, b) => a - b);
  return distinct.slice(0, -1);
}

export function create(parent) {
  let redraw = () => {};
  const shown = select("Trial", () => redraw());
  const chart = figure(parent, "Score by epoch, means over folds", [shown.element]);
  return (analysis) => {
    const curves = analysis.trials
      .map((trial) => ({ trial, scores: meanCurve(trial) }))
      .filter(({ scores }) => scores.length > 0);
    const best = analysis.best?.trial;
    shown.offer(curves.map(({ trial }) =>
      ({ value: trial.trial, label: `${trial.trial}${trial.trial === best ? " (best)" : ""}` })), best);
    redraw = () => {
      if (curves.length === 0) return chart.draw({ message: "No epoch has ended yet." });
      const chosen = Number(shown.value());
      const stops = rungs(curves.map(({ scores }) => scores.length));
      const [low, high] = paddedRange(curves.flatMap(({ scores }) => scores.filter((s) => s !== null)));
      const series = ({ trial, scores }) => {
        const isChosen = trial.trial === chosen, isBest = trial.trial === best;
        return {
          name: `trial ${trial.trial}`, type: "line", z: isChosen || isBest ? 5 : 2,
          data: scores.map((score, i) => [i + 1, score]),
          showSymbol: scores.length === 1 || isChosen, symbolSize: scores.length === 1 ? 5 : 6, symbol: "circle",
          lineStyle: { width: isChosen || isBest ? 3 : 1, opacity: isChosen || isBest ? 1 : 0.5 },
          itemStyle: { color: isChosen ? colour.vermillion : isBest ? colour.orange : colour.grey },
          emphasis: { lineStyle: { width: 3 } },
        };
      };
      const promoted = [], stopped = [];
      for (const { trial, scores } of curves)
        for (const rung of stops) {
          if (scores.length > rung) promoted.push([rung, scores[rung - 1], trial.trial]);
          else if (scores.length === rung) stopped.push([rung, scores[rung - 1], trial.trial]);
        }
      const marks = (name, data, options) => (data.length
        ? [{ name, type: "scatter", z: 6, data, ...options,
            tooltip: { formatter: ({ value }) => `trial ${value[2]} ${name} after epoch ${value[0]}: ${fixed(value[1])}` } }]
        : []);
      const trial = curves.find(({ trial: t }) => t.trial === chosen);
      chart.draw({
        height: () => 420,
        summary: `${curves.length} trials` + (stops.length
          ? `; some stopped after ${stops.join(", ")} epochs, others were promoted.` : ".") +
          ` Trial ${chosen} ends at ${fixed(trial.scores.at(-1))}.`,
        note: `Trial ${chosen}: ` + Object.entries(trial.trial.parameters)
          .map(([name, value]) => `${name} ${valueText(value)}`).join(", ") + ".",
        rows: [["Trial", "Epochs", "Last score"],
          ...curves.map(({ trial: t, scores }) => [String(t.trial), String(scores.length), fixed(scores.at(-1))])],
        option: () => ({
          tooltip: { trigger: "item", formatter: ({ seriesName, value }) => `${seriesName}, epoch ${value[0]}: ${fixed(value[1])}` },
          legend: { top: 0, data: stops.length ? ["promoted", "stopped"] : [] },
          grid: { top: 36, left: 24, right: 24, bottom: 24 },
          xAxis: axis("Epoch", { min: 0, max: Math.max(...curves.map(({ scores }) => scores.length)), minInterval: 1 }),
          yAxis: scoreAxis(scoreTitle(analysis), [low, high]),
          series: [
            ...curves.map(series),
            ...marks("promoted", promoted, { symbol: "triangle", symbolSize: 8, itemStyle: { color: colour.green } }),
            ...marks("stopped", stopped, { symbol: "rect", symbolSize: 7, itemStyle: { color: colour.blue } }),
          ],
        }),
      });
    };
    redraw();
  };
}
