// A chart by the keyboard: arrow keys go from point to point (left, right) and from series to series
// (up, down).

const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
const positions = new WeakMap();  // where each chart's reader is

/**
 * Goes where the key of `event` leads and shows the point's tip; ECharts has no place for that of a
 * line through parallel axes, so the element `pointed` says it.
 */
export function step(event, chart, pointed) {
  const move = moves[event.key];
  if (!move || !chart) return;
  event.preventDefault();
  const all = chart.getOption().series;
  const series = all.filter((one) => one.data?.length > 0 && !one.silent);
  if (series.length === 0) return;
  const last = positions.get(chart) ?? { series: 0, point: -1 };
  const at = (last.series + move[0] + series.length) % series.length;
  const n = series[at].data.length;
  const point = move[0] ? Math.min(Math.max(last.point, 0), n - 1) : (last.point + move[1] + n) % n;
  positions.set(chart, { series: at, point });
  const target = { seriesIndex: all.indexOf(series[at]), dataIndex: point };
  chart.dispatchAction({ type: "downplay" });
  chart.dispatchAction({ type: "highlight", ...target });  // makes the point where a line shows none
  if (series[at].type === "parallel")
    pointed.textContent = chart.getOption().tooltip[0].formatter(series[at].data[point]).textContent;
  else
    chart.dispatchAction({ type: "showTip", ...target });
}
