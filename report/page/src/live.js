// A page that a running sweep serves: asks for the analysis now and then and shows what is new.

const interval = 2000;  // ms

/** Calls `show(analysis)` whenever the sweep has news; tells `status(text)` how it stands. */
export function follow(show, status) {
  let tag = "";
  const ask = async () => {
    try {
      const answer = await fetch("study.json", { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") ?? "";
        show(await answer.json());
      }
      status(answer.status === 500 ? `The sweep is running, but can't be shown: ${await answer.text()}`
        : "Live: the sweep is running; this page follows it.");
    } catch {
      status("The sweep has ended or can't be reached: this is its last state.");
    }
    setTimeout(ask, interval);
  };
  ask();
}
