/** The bar at the top: whose list this is, which one, whether it is live, and the choice of light or dark. */
import { signal, useSignal, useSignalEffect } from '@preact/signals';
import { since } from '../model/format.ts';
import { isDark, toggleTheme } from '../state/theme.ts';
import { listNames, pageOf, placeOf } from '../state/lists.ts';
import type { PageState } from '../state/page-state.ts';
import { Icon } from './icons.tsx';

export function Header({ state }: { state: PageState }) {
  return (
    <header class="top">
      <h1>
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M13 10h12M13 16h12M13 22h7" />
          <circle cx="7.5" cy="10" r="2" />
          <circle cx="7.5" cy="16" r="2" />
          <circle cx="7.5" cy="22" r="2" />
        </svg>
        Rollcall <span class="host">{location.host}</span>
      </h1>
      <ListPicker state={state} />
      <LiveMark state={state} />
      <ThemeButton />
    </header>
  );
}

/** Only where the registry has several lists. */
function ListPicker({ state }: { state: PageState }) {
  const { root, list } = placeOf(location.href);
  const names = useSignal<readonly string[]>([]);
  useSignalEffect(() => {
    void listNames(root).then((found) => (names.value = found));
  });
  if (names.value.length < 2) return null;
  return (
    <label class="pick">
      <span aria-hidden="true">List</span>
      <select
        aria-label="List"
        value={list ?? state.address.get('list') ?? 'default'}
        onChange={({ currentTarget: { value } }) => {
          // Another list is another registry to the page: it starts anew, with nothing of this one's view.
          location.assign(pageOf(value, root));
        }}
      >
        {names.value.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function LiveMark({ state: { list, now } }: { state: PageState }) {
  const contact = list.contact.value;
  const asOf = list.shownAsOf.value;
  const words = { asking: 'Connecting', reached: 'Live', failing: 'Offline' }[contact.kind];
  return (
    <p class={`livemark ${contact.kind}`} title={asOf === null ? '' : `Updated ${since(now.value - asOf)}`}>
      <span class="dot" />
      {words}
    </p>
  );
}

const theme = signal(isDark());

function ThemeButton() {
  const other = theme.value ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="plain"
      title={`Switch to ${other}`}
      aria-label={`Switch to ${other} colours`}
      onClick={() => (theme.value = toggleTheme())}
    >
      <Icon name={theme.value ? 'sun' : 'moon'} />
    </button>
  );
}
