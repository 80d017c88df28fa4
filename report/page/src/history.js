// The score of every trial in order, and the best so far.
import { asText, boundedAxis, colour, countAxis, figure, mostShapes } from "./chart.js";
import {
  betterOf, counted, extent, fully, paddedRange, scoreText, someOf, stateText, successful, thinned, whyNone,
} from "./study.js";

export const id = "history", title = "Optimization history";

const trainedFor = ({ epochs, folds }, foreign) => (foreign ? counted(epochs, "reported value")
  : `${counted(epochs, "epoch")} on ${counted(folds, "fold")}`);

const outcomeText = (trial, foreign) => (trial.state === "failed" ? `trial ${trial.trial} failed`
  : `trial ${trial.trial} stopped early, after ${trainedFor(trial, foreign)}` +
    (trial.score === null ? "" : `: ${scoreText(trial.score)}`));

/** Where the best so far changes: all that a line in steps needs. */
const steps = (running) => running.filter(([, best], i) => i === 0 || best !== running[i - 1][1]);

export function create(parent) {
  const chart = figure(parent, "Score by trial");
  return (analysis) => {
    const trials = successful(analysis);
    if (trials.length === 0) return chart.draw({ message: whyNone(analysis) });
    let best = trials[0].score;
    const better = betterOf(analysis), running = trials.map((t) => [t.trial, (best = better(best, t.score))]);
    const last = analysis.trials.at(-1).trial, points = thinned(trials, mostShapes);
    const without = [["failed", "path://M0,0L10,10M10,0L0,10"], ["pruned", "triangle"]]
      .map(([state, symbol]) =>
        ({ state, symbol, trials: thinned(analysis.trials.filter((t) => t.state === state), mostShapes / 4) }))
      .filter((kind) => kind.trials.length > 0);
    // Those stand at the foot, as they have no score after full training.
    const [lowest, high] = paddedRange(extent(trials.map((t) => t.score)));
    const room = without.length > 0 ? (high - lowest) / 12 : 0, low = lowest - room;
    chart.draw({
      summary: `${trials.length} of ${counted(analysis.trials.length, "trial")} ${fully(analysis)}; the best, trial ` +
        `${analysis.summary.best_trial}, has ${scoreText(best)}.`,
      note: ((without.length === 0 ? "" : analysis.foreign ? "Points at the foot have no final value."
        : "Points at the foot have no score after full training.") +
        someOf(points.length, trials.length, "score")).trim(),
      rows: [["Trial", "Score", "Best so far"],
        ...trials.map((t, i) => [String(t.trial), scoreText(t.score), scoreText(running[i][1])])],
      option: (narrow) => ({
        tip: () => "",
        legend: { top: 0 },
        grid: { top: 40 },
        xAxis: countAxis("Trial", last),
        yAxis: boundedAxis(analysis.score_titles.full, [low, high]),
        series: [
          { name: fully(analysis), type: "scatter", symbolSize: 9,
            data: points.map((t) => [t.trial, t.score]),
            tooltip: { formatter: asText(({ value }) => `trial ${value[0]}: ${scoreText(value[1])}`) } },
          { name: "best so far", type: "line", step: "end", symbol: "none", silent: true,
            lineStyle: { width: 3 }, itemStyle: { color: colour.vermillion }, data: [...steps(running), [last, best]] },
          ...without.map((kind) => ({ name: stateText(kind.state), type: "scatter", symbol: kind.symbol,
            symbolSize: narrow ? 6 : 9,
            itemStyle: { color: "none", borderColor: colour.ink, borderWidth: narrow ? 1 : 1.5 },
            data: kind.trials.map((t) => [t.trial, low + room / 2]),
            tooltip: { formatter: asText(({ dataIndex }) => outcomeText(kind.trials[dataIndex], analysis.foreign)) } })),
        ],
      }),
    });
  };
}
