/** What stands in the place of the table where it has no rows: and why. */
import type { PageState } from '../state/page-state.ts';

const PLACEHOLDERS = 8;

export function NothingToShow({ state: { question, isAnswered, address, list } }: { state: PageState }) {
  const refusal = question.refusal.value;
  const clear = (
    <button
      type="button"
      onClick={() => {
        address.showAll();
      }}
    >
      Show all servers
    </button>
  );
  if (refusal !== null) {
    return (
      <div class="nothing" role="alert">
        <h2>The registry can’t answer this</h2>
        <p>
          <bdi>{refusal}</bdi>
        </p>
        {clear}
      </div>
    );
  }
  if (!isAnswered.value) {
    return (
      <div class="placeholders">
        <p class="unseen">Loading the servers</p>
        {Array.from({ length: PLACEHOLDERS }, (_, index) => (
          <div key={index} class="placeholder" />
        ))}
      </div>
    );
  }
  if (list.servers.size > 0) {
    return (
      <div class="nothing">
        <h2>No server matches</h2>
        <p>Servers that register later and match appear here by themselves.</p>
        {clear}
      </div>
    );
  }
  return (
    <div class="nothing">
      <h2>No server is listed right now</h2>
      <p>
        The first one that registers with <code>POST /servers</code> appears here by itself.
      </p>
    </div>
  );
}
