// The score of every trial in order, and the best so far.
import { asText, boundedAxis, countAxis, figure, mostShapes } from "./chart.js";
import {
  betterOf, counted, extent, fully, lastScore, paddedRange, scoreText, someOf, stateText, successful, thinned,
  trainedFor, whyNone,
} from "./study.js";
import { colour } from "./theme.js";

export const id = "history", title = "Optimization history";

const outcomeText = (trial, foreign) => (trial.state === "failed" ? `trial ${trial.trial} failed`
  : `trial ${trial.trial} stopped early, after ${trainedFor(trial, foreign)}` +
    (lastScore(trial) === null ? "" : `: ${scoreText(lastScore(trial))}`));

/** Where the best so far changes: all that a line in steps needs. */
const steps = (running) => running.filter(([, best], i) => i === 0 || best !== running[i - 1][1]);

const beyondLast = 0.5;  // trials: a line from the last one on is seen, too

export function create(parent) {
  const chart = figure(parent, "Score by trial");
  return (analysis) => {
    const trials = successful(analysis), { foreign } = analysis;
    const stoppedOrFailed = analysis.trials.filter((t) => t.state === "failed" || t.state === "pruned");
    // A failed one's last score was no good one.
    const reached = new Map(stoppedOrFailed.map((t) => [t.trial, t.state === "failed" ? null : lastScore(t)]));
    const scores = [...trials.map((t) => t.score), ...[...reached.values()].filter((score) => score !== null)];
    if (scores.length === 0) return chart.draw({ message: whyNone(analysis) });
    let best = trials[0]?.score;
    const better = betterOf(analysis), running = trials.map((t) => [t.trial, (best = better(best, t.score))]);
    const last = analysis.trials.at(-1).trial, points = thinned(trials, mostShapes);
    const without = [["failed", "path://M0,0L10,10M10,0L0,10"], ["pruned", "triangle"]]
      .map(([state, symbol]) =>
        ({ state, symbol, trials: thinned(stoppedOrFailed.filter((t) => t.state === state), mostShapes / 4) }))
      .filter((kind) => kind.trials.length > 0);
    const atFoot = [...reached.values()].includes(null);
    const [lowest, high] = paddedRange(extent(scores));
    const room = atFoot ? (high - lowest) / 12 : 0, low = lowest - room;
    const stopped = [...reached.values()].some((score) => score !== null);
    chart.draw({
      summary: `${trials.length} of ${counted(analysis.trials.length, "trial")} ${fully(analysis)}` +
        (trials.length ? `; the best, trial ${analysis.summary.best_trial}, has ${scoreText(best)}.` : "."),
      note: ((stopped ? foreign ? "Triangles: trials stopped early, at the last value that they reported."
        : "Triangles: trials stopped early, at their last score, after less training than the others." : "") +
        (atFoot ? " Points at the foot have no score." : "") +
        someOf(points.length, trials.length, "score")).trim(),
      rows: [["Trial", "State", foreign ? "Reported values" : "Epochs", "Score", "Best so far"],
        ...analysis.trials.filter((t) => t.successful || reached.has(t.trial)).map((t) => [String(t.trial),
          t.successful ? fully(analysis) : stateText(t.state), String(t.epochs),
          scoreText(t.successful ? t.score : reached.get(t.trial)),
          scoreText(running.findLast(([trial]) => trial <= t.trial)?.[1])])],
      option: (narrow) => ({
        tip: () => "",
        legend: { top: 0 },
        grid: { top: 40 },
        xAxis: countAxis("Trial", last),
        yAxis: boundedAxis(analysis.score_titles.full + (stopped && !foreign ? ", or when stopped" : ""), [low, high]),
        series: [
          ...(trials.length ? [
            { name: fully(analysis), type: "scatter", symbolSize: 9, itemStyle: { color: colour.blue },
              data: points.map((t) => [t.trial, t.score]),
              tooltip: { formatter: asText(({ value }) => `trial ${value[0]}: ${scoreText(value[1])}`) } },
            { name: "best so far", type: "line", step: "end", symbol: "none", silent: true,
              lineStyle: { width: 3 }, itemStyle: { color: colour.vermillion },
              data: [...steps(running), [last + beyondLast, best]] }] : []),
          ...without.map((kind) => ({ name: stateText(kind.state), type: "scatter", symbol: kind.symbol,
            symbolSize: narrow ? 6 : 9,
            itemStyle: { color: "none", borderColor: colour.ink, borderWidth: narrow ? 1 : 1.5 },
            data: kind.trials.map((t) => [t.trial, reached.get(t.trial) ?? low + room / 2]),
            tooltip: { formatter: asText(({ dataIndex }) => outcomeText(kind.trials[dataIndex], foreign)) } })),
        ],
      }),
    });
  };
}
