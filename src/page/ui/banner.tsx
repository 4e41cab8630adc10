/** Says that the registry can't be reached, and how old what is shown is. */
import { span, time } from '../model/format.ts';
import type { PageState } from '../state/page-state.ts';

export function Banner({ state: { list, now, timers } }: { state: PageState }) {
  const contact = list.contact.value;
  const asOf = list.shownAsOf.value;
  if (contact.kind !== 'failing') return <div class="alerts" role="alert" />;
  return (
    <div class="alerts" role="alert">
      <div class="banner">
        <p>
          <strong>The registry can’t be reached.</strong>{' '}
          {asOf === null ? (
            'No list has arrived yet.'
          ) : (
            <>
              You see the servers as of <time dateTime={new Date(asOf).toISOString()}>{time(asOf)}</time>.
            </>
          )}{' '}
          {/* Not read out every second. */}
          <span class="retry" aria-hidden="true">
            Next try in {span(Math.max(0, contact.retryAt - now.value))}.
          </span>
        </p>
        <button type="button" onClick={() => timers.hurry()}>
          Try now
        </button>
      </div>
    </div>
  );
}
