// The score of every trial in order, and the best so far.
import { boundedAxis, colour, countAxis, figure } from "./chart.js";
import { counted, paddedRange, scoreText, stateText, successful, whyNone } from "./study.js";

export const title = "Optimization history";

const trainedFor = ({ epochs, folds }, foreign) => (foreign ? counted(epochs, "reported value")
  : `${counted(epochs, "epoch")} on ${counted(folds, "fold")}`);

const outcomeText = (trial, foreign) => (trial.state === "failed" ? `trial ${trial.trial} failed`
  : `trial ${trial.trial} stopped early, after ${trainedFor(trial, foreign)}: ${scoreText(trial.score)}`);

export function create(parent) {
  const chart = figure(parent, "Score by trial");
  return (analysis) => {
    const trials = successful(analysis);
    if (trials.length === 0) return chart.draw({ message: whyNone(analysis) });
    let best = -Infinity;
    const running = trials.map((t) => [t.trial, (best = Math.max(best, t.score))]);
    const last = Math.max(...analysis.trials.map((t) => t.trial));
    const without = [["failed", "path://M0,0L10,10M10,0L0,10"], ["pruned", "triangle"]]
      .map(([state, symbol]) => ({ state, symbol, trials: analysis.trials.filter((t) => t.state === state) }))
      .filter((kind) => kind.trials.length > 0);
    // Those stand at the foot, as they have no score after full training.
    const [lowest, high] = paddedRange(trials.map((t) => t.score));
    const room = without.length > 0 ? (high - lowest) / 12 : 0, low = lowest - room;
    chart.draw({
      summary: `${trials.length} of ${counted(analysis.trials.length, "trial")} trained fully; the best, trial ` +
        `${analysis.summary.best_trial}, has ${scoreText(best)}.`,
      note: without.length > 0 ? "Points at the foot have no score after full training." : "",
      rows: [["Trial", "Score", "Best so far"],
        ...trials.map((t, i) => [String(t.trial), scoreText(t.score), scoreText(running[i][1])])],
      option: (narrow) => ({
        tip: () => "",
        legend: { top: 0 },
        grid: { top: 40 },
        xAxis: countAxis("Trial", last),
        yAxis: boundedAxis(analysis.score_titles.full, [low, high]),
        series: [
          { name: "trained fully", type: "scatter", symbolSize: 9,
            data: trials.map((t) => [t.trial, t.score]),
            tooltip: { formatter: ({ value }) => `trial ${value[0]}: ${scoreText(value[1])}` } },
          { name: "best so far", type: "line", step: "end", symbol: "none", silent: true,
            lineStyle: { width: 3 }, itemStyle: { color: colour.vermillion }, data: [...running, [last, best]] },
          ...without.map((kind) => ({ name: stateText(kind.state), type: "scatter", symbol: kind.symbol,
            symbolSize: narrow ? 6 : 9,
            itemStyle: { color: "none", borderColor: colour.ink, borderWidth: narrow ? 1 : 1.5 },
            data: kind.trials.map((t) => [t.trial, low + room / 2]),
            tooltip: { formatter: ({ dataIndex }) => outcomeText(kind.trials[dataIndex], analysis.foreign) } })),
        ],
      }),
    });
  };
}
