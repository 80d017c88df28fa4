// Elements made in one expression; the controls that charts share.

/** An element with attributes, listeners (functions, named on...) and children (nodes or text). */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A labelled select. `offer` replaces its options and keeps what was chosen if it's still there. */
export function select(label, onchange) {
  const control = el("select", { onchange: () => onchange(control.value) });
  return {
    element: el("label", {}, label, control),
    value: () => control.value,
    offer(options, preferred) {
      const kept = options.some((option) => String(option.value) === control.value);
      const chosen = kept ? control.value : String(preferred ?? options[0]?.value ?? "");
      control.replaceChildren(
        ...options.map((o) => el("option", { value: o.value }, o.label ?? String(o.value))));
      control.value = chosen;
    },
  };
}

/** A table of texts: the first row its header. */
export function table(rows, caption) {
  const [head, ...body] = rows;
  return el("table", {},
    ...(caption ? [el("caption", {}, caption)] : []),
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...body.map((row) => el("tr", {}, ...row.map((text) => el("td", {}, text))))));
}

/** A column's heading that sorts by it. `direction`: "ascending", "descending" or undefined. */
export const sortHeading = (name, direction, sort) =>
  el("th", { scope: "col", "aria-sort": direction ?? "none" },
    el("button", { type: "button", "data-column": name, onclick: sort },
      name + (direction ? (direction === "descending" ? " ▼" : " ▲") : "")));

/** Replaces what is in `place`, and leaves the focus on the heading that had it. */
export function redraw(place, element) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.column : undefined;
  place.replaceChildren(element);
  if (focused) [...place.querySelectorAll("button[data-column]")].find((b) => b.dataset.column === focused)?.focus();
}

/** For sorting either way: what is missing comes last, names as people sort them. */
export function compare(a, b, descending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "string" || typeof b === "string" ? naturally(String(a), String(b)) : a - b;
  return descending ? -order : order;
}

/** A place for what may be wider than the window: it says so then, and the keyboard can scroll it. */
export function scrollable(label, ...children) {
  const place = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, ...children);
  const look = () => place.toggleAttribute("data-wider", place.scrollWidth > place.clientWidth + 1);
  new ResizeObserver(look).observe(place);
  new MutationObserver(look).observe(place, { childList: true });
  return place;
}

/** For sorting names as people do: 2 before 10. */
export const naturally = new Intl.Collator("en", { numeric: true }).compare;
