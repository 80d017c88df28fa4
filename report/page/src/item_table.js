// All questions with their statistics by both models as a table, sortable by any column.
import { compare, el, redraw, scrollable, sortHeading } from "./dom.js";
import { fixed, notOnRecord, someOf } from "./study.js";

export const id = "item-table", title = "Question statistics", ofModels = true;

const mostRows = 2000;
const mark = "Mark";
const number = (name, value) => ({ name, value, text: (item) => fixed(value(item), 2) });
const withError = (name, value, error) => ({
  name, value, text: (item) => (value(item) === null ? "–" : `${fixed(value(item), 2)} (${fixed(error(item), 2)})`),
});

/**
 * What the columns say of an item, and by what they sort: z by its size, marks with the misfit behind them. Thresholds of a
 * question with very many categories are in the CSV.
 */
function columnsOf({ dataset, psychometrics }) {
  const rank = new Map(psychometrics.striking_items.map((at, i) => [at, i]));
  const thresholds = Array.from({ length: Math.min(dataset.categories - 1, 9) }, (_, j) => j);
  const fit = (model, name) => [
    number(`${name} infit`, (item) => item[model].infit), number(`${name} outfit`, (item) => item[model].outfit),
    { name: `${name} z of infit`, text: (item) => fixed(item[model].z_infit, 2),
      value: (item) => (item[model].z_infit === null ? null : Math.abs(item[model].z_infit)) }];
  return [
    { name: "Question", value: (item) => String(item.question), text: (item) => String(item.question) },
    { name: "n", value: (item) => item.responses, text: (item) => String(item.responses) },
    number("Item-rest", (item) => item.item_rest),
    withError("α (error)", ({ classical }) => classical.alpha, ({ classical }) => classical.alpha_error),
    ...thresholds.map((j) => withError(`β${j + 1} (error)`, ({ classical }) => classical.beta[j],
      ({ classical }) => classical.beta_error[j])),
    ...fit("classical", "classical"),
    number("Information", ({ classical }) => classical.information),
    number("Winner's α", ({ winner }) => winner.alpha),
    ...thresholds.map((j) => number(`Winner's β${j + 1}`, ({ winner }) => winner.beta[j])),
    ...fit("winner", "winner's"),
    { name: mark, words: true, value: (_, at) => rank.get(at) ?? null, text: (item) => item.marks.join("; ") },
  ];
}

export function create(parent) {
  let analysis = null, sorted = { column: mark, descending: false };
  const place = scrollable("All questions");
  place.classList.add("trials");
  const note = el("p", { class: "note" });
  parent.append(note, place);

  const draw = () => {
    const known = Boolean(analysis.psychometrics);
    place.hidden = !known;
    if (!known) {
      note.textContent = notOnRecord;
      place.replaceChildren();
      return;
    }
    const columns = columnsOf(analysis), by = columns.find(({ name }) => name === sorted.column) ?? columns.at(-1);
    const items = analysis.items.map((item, at) => ({ item, key: by.value(item, at) ?? null }))
      .sort((a, b) => compare(a.key, b.key, sorted.descending)).slice(0, mostRows).map(({ item }) => item);
    note.textContent = "By the classical GPCM, then by the winner, each on its own scale: discrimination α and thresholds β " +
      "with standard errors, infit and outfit of what was predicted before each response (1 is expected, z beyond ±1.96 is " +
      "beyond chance), the largest information. Item-rest: correlation with the mean of the learner's other responses. " +
      `Headings sort, the mark's by what to look at first${analysis.items.some((item) => item.marks.length) ? ""
        : ": no question has one, so by the misfit"}, z by its size.` +
      someOf(items.length, analysis.items.length, "question", "shown, the CSV has all");
    const sortBy = (name) => {
      sorted = { column: name, descending: sorted.column === name && !sorted.descending };
      draw();
    };
    const heading = ({ name }) => sortHeading(name,
      name === by.name ? (sorted.descending ? "descending" : "ascending") : undefined, () => sortBy(name));
    redraw(place, el("table", { id: "item-statistics" },
      el("thead", {}, el("tr", {}, ...columns.map(heading))),
      el("tbody", {}, ...items.map((item) => el("tr", {}, ...columns.map(({ text, words }) =>
        el("td", words ? { class: "words" } : {}, text(item))))))));
  };
  return (next) => {
    analysis = next;
    draw();
  };
}
