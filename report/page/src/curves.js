// Validation score by epoch of every trial; where a scheduler stopped some, who was promoted.
import { asText, boundedAxis, chosenFigure, countAxis } from "./chart.js";
import { counted, extent, meanCurve, paddedRange, scoreText, someOf, thinned, valueText, whyNone } from "./study.js";
import { colour } from "./theme.js";

export const id = "curves", title = "Learning curves";

const mostCurves = 300;
const listedParameters = 30;

/** Epochs after which trials were stopped while others went on. */
function rungs(curves) {
  const [, longest] = extent(curves.map(({ scores }) => scores.length));
  const stopped = curves.filter(({ trial }) => trial.state === "pruned").map(({ scores }) => scores.length);
  return [...new Set(stopped)].filter((n) => n < longest).sort((a, b) => a - b);
}

export function create(parent) {
  return chosenFigure(parent, "Score by training", ["Trial"], (analysis, shown) => {
    const { foreign } = analysis, unit = foreign ? "reported value" : "epoch";
    const best = analysis.best?.trial;
    const all = analysis.trials
      .map((trial) => ({ trial, scores: meanCurve(trial) }))
      .filter(({ scores }) => scores.some((score) => score !== null));
    const curves = thinned(all, mostCurves, ({ trial }) => trial.trial === best);
    if (curves.length === 0) {
      const what = foreign ? "No trial has reported a value" : "No epoch has ended with a score";
      return { message: whyNone(analysis, what) };
    }
    const bestHasCurve = curves.some(({ trial }) => trial.trial === best);  // or it reported nothing
    shown.offer(curves.map(({ trial }) =>
      ({ value: trial.trial, label: `${trial.trial}${trial.trial === best ? " (best)" : ""}` })),
    bestHasCurve ? best : curves[0].trial.trial);
    const stops = rungs(curves), promoted = [], stopped = [];
    for (const { trial, scores } of curves)
      for (const rung of stops) {
        // Optuna's pruners may stop a trial at any value: to go on there is no promotion.
        const mark = [rung, scores[rung - 1], trial.trial];
        if (scores.length > rung && !foreign) promoted.push(mark);
        else if (scores.length === rung && trial.state === "pruned") stopped.push(mark);
      }
    const marks = (name, data, options) => {
      const formatter = ({ value: [rung, score, trial] }) =>
        `trial ${trial} ${name} after ${unit} ${rung}: ${scoreText(score)}`;
      return data.length
        ? [{ name, type: "scatter", z: 6, data, ...options, tooltip: { formatter: asText(formatter) } }] : [];
    };
    return () => {
      const chosen = Number(shown.value());
      const series = ({ trial, scores }) => {
        const isChosen = trial.trial === chosen, isBest = trial.trial === best, stands = isChosen || isBest;
        return {
          name: `trial ${trial.trial}`, type: "line", z: stands ? 5 : 2,
          data: scores.map((score, i) => [i + 1, score]),
          showSymbol: scores.length === 1 || isChosen, symbolSize: scores.length === 1 ? 5 : 6, symbol: "circle",
          lineStyle: {
            width: stands ? 3 : 1, opacity: stands ? 1 : 0.5, type: isChosen || !isBest ? "solid" : "dashed",
          },
          itemStyle: { color: isChosen ? colour.vermillion : isBest ? colour.orange : colour.grey },
          emphasis: { lineStyle: { width: 3 } },
        };
      };
      const { trial, scores: chosenScores } = curves.find(({ trial: t }) => t.trial === chosen);
      return {
        height: () => 420,
        summary: counted(curves.length, "trial") + (stops.length
          ? `; some were stopped after ${unit} ${stops.join(", ")}.` : ".") +
          ` Trial ${chosen} ends at ${scoreText(chosenScores.at(-1))}.`,
        note: `Thick: trial ${chosen}, with ` +
          Object.entries(trial.parameters).slice(0, listedParameters)
            .map(([name, value]) => `${name} ${valueText(value)}`).join(", ") +
          (bestHasCurve && best !== chosen ? `; dashed: the best, trial ${best}.` : ".") +
          someOf(curves.length, all.length, "curve"),
        rows: [["Trial", foreign ? "Reported values" : "Epochs", "Last score"],
          ...curves.map(({ trial: t, scores }) => [String(t.trial), String(scores.length), scoreText(scores.at(-1))])],
        option: () => ({
          tip: ({ seriesName, value }) => `${seriesName}, ${unit} ${value[0]}: ${scoreText(value[1])}`,
          legend: { top: 0, data: [...(promoted.length ? ["promoted"] : []), ...(stopped.length ? ["stopped"] : [])] },
          grid: { top: 36 },
          xAxis: countAxis(foreign ? "Reported value, in order" : "Epoch",
            extent(curves.map(({ scores }) => scores.length))[1]),
          yAxis: boundedAxis(analysis.score_titles.name + (foreign ? "" : "\nof the learners left out, mean over the folds"),
            paddedRange(curves.flatMap(({ scores }) => scores.filter((s) => s !== null)))),
          series: [
            // The chosen one first: there the keyboard begins.
            ...[...curves].sort((a, b) => (b.trial.trial === chosen) - (a.trial.trial === chosen)).map(series),
            ...marks("promoted", promoted, { symbol: "triangle", symbolSize: 8, itemStyle: { color: colour.green } }),
            ...marks("stopped", stopped, { symbol: "rect", symbolSize: 7, itemStyle: { color: colour.blue } }),
          ],
        }),
      };
    };
  });
}
