// All questions with their statistics by both models as a table, in the order that is chosen.
import { el, scrollable, select, table } from "./dom.js";
import { fixed, someOf } from "./study.js";

export const id = "item-table", title = "Question statistics", ofModels = true;

const mostRows = 2000;
const two = (value) => fixed(value, 2);
const withError = (value, error) => (value === null ? "–" : `${two(value)} (${two(error)})`);

/** What the columns say of an item; thresholds of one with very many categories are in the CSV. */
function columnsOf({ dataset }) {
  const thresholds = Array.from({ length: Math.min(dataset.categories - 1, 9) }, (_, j) => j);
  const fit = (model, name) => [`${name} infit`, ({ [model]: of }) => two(of.infit), `${name} outfit`,
    ({ [model]: of }) => two(of.outfit), `${name} z of infit`, ({ [model]: of }) => two(of.z_infit)];
  const flat = [
    "Question", (item) => String(item.question), "Mark", (item) => item.marks.join("; "),
    "n", (item) => String(item.responses), "Item-rest", (item) => two(item.item_rest),
    "α (error)", ({ classical }) => withError(classical.alpha, classical.alpha_error),
    ...thresholds.flatMap((j) => [`β${j + 1} (error)`,
      ({ classical }) => withError(classical.beta[j], classical.beta_error[j])]),
    ...fit("classical", "classical"), "Winner's α", ({ winner }) => two(winner.alpha),
    ...thresholds.flatMap((j) => [`Winner's β${j + 1}`, ({ winner }) => two(winner.beta[j])]),
    ...fit("winner", "winner's"),
  ];
  return flat.filter((_, i) => i % 2 === 0).map((name, i) => [name, flat[2 * i + 1]]);
}

/** What questions are sorted by, down; what isn't known comes last. */
const orders = {
  "as in the data": null,
  "marks first, then misfit": (item, rank) => -rank,
  "responses": (item) => item.responses,
  "item-rest correlation, lowest first": (item) => -item.item_rest,
  "discrimination": (item) => item.classical.alpha,
  "information": (item) => item.classical.information,
  "misfit of the winner": (item) => Math.abs(item.winner.z_infit),
};

export function create(parent) {
  let analysis = null;
  const place = scrollable("All questions");
  place.classList.add("trials");
  const note = el("p", { class: "note" });
  const order = select("Sorted by", () => draw());
  order.offer(Object.keys(orders).map((value) => ({ value })));
  const controls = el("div", { class: "controls" }, order.element);
  parent.append(controls, note, place);

  const draw = () => {
    const known = Boolean(analysis.psychometrics);
    place.hidden = controls.hidden = !known;
    if (!known) {
      note.textContent = "Known once the search has ended.";
      place.replaceChildren();
      return;
    }
    const rank = new Map(analysis.psychometrics.striking_items.map((at, i) => [at, i]));
    const by = orders[order.value()];
    const rows = analysis.items.map((item, i) => ({ item, key: by ? by(item, rank.get(i) ?? Infinity) : -i }))
      .sort((a, b) => (b.key ?? -Infinity) - (a.key ?? -Infinity) || 0).slice(0, mostRows);
    const columns = columnsOf(analysis);
    note.textContent = "By the classical GPCM, then by the winner: discrimination α and thresholds β with standard errors, " +
      "infit and outfit of what was predicted before each response (1 is expected, z beyond ±1.96 is beyond chance). " +
      "Item-rest: correlation with the mean of the learner's other responses." +
      someOf(rows.length, analysis.items.length, "question", "shown, the CSV has all");
    place.replaceChildren(table([columns.map(([name]) => name),
      ...rows.map(({ item }) => columns.map(([, text]) => text(item)))]));
  };
  return (next) => {
    analysis = next;
    draw();
  };
}
