/** Search, filters, order: each a parameter of the page's URL, and so of the API. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Facet } from '../model/facets.ts';
import { number } from '../model/format.ts';
import { SORT_MENU } from '../model/sorts.ts';
import { line } from '../model/text.ts';
import { PAGE_PARAMETERS } from '../state/address.ts';
import type { PageState } from '../state/page-state.ts';
import { Icon } from './icons.tsx';

/** Milliseconds without a key before the API is asked. */
const TYPING_MS = 250;
const LABEL_CHARACTERS = 40;

export function Toolbar({ state }: { state: PageState }) {
  const { address, facets } = state;
  const { region, metadata } = facets.value;
  const add = (parameter: string, value: string) => {
    address.add(parameter, value);
  };
  return (
    <div class="toolbar" role="search" aria-label="Find servers">
      <Search state={state} />
      <NearButton state={state} />
      {region.values.length > 1 && (
        <select class="menu" aria-label="Filter by region" value="" onChange={chosen(add)}>
          <option value="">Region</option>
          <FacetOptions facet={region} />
        </select>
      )}
      {metadata.length > 0 && (
        <select class="menu" aria-label="Filter by metadata" value="" onChange={chosen(add)}>
          <option value="">Filter</option>
          {metadata.map((facet) => (
            <optgroup key={facet.parameter} label={line(nameOf(facet.parameter), LABEL_CHARACTERS)}>
              <FacetOptions facet={facet} />
            </optgroup>
          ))}
        </select>
      )}
      <SortMenu state={state} />
      <Chips state={state} />
      <Count state={state} />
    </div>
  );
}

/** The value of an option is the parameter it sets, because one menu has those of several. */
function FacetOptions({ facet: { parameter, values } }: { facet: Facet }) {
  return (
    <>
      {values.map(({ value, count }) => (
        <option key={value} value={`${parameter}=${value}`}>
          {line(value, LABEL_CHARACTERS)} ({number(count)})
        </option>
      ))}
    </>
  );
}

/** A menu that adds a filter and shows none: those that are set stand beside it, each to be removed. */
function chosen(add: (parameter: string, value: string) => void) {
  return ({ currentTarget }: { currentTarget: HTMLSelectElement }) => {
    const [parameter, ...value] = currentTarget.value.split('=');
    if (parameter !== undefined && value.length > 0) add(parameter, value.join('='));
    currentTarget.value = '';
  };
}

function Search({ state: { address } }: { state: PageState }) {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useSignalEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (event.key !== '/' || isTyping || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  });
  const query = address.get('q') ?? '';
  return (
    <label class="search">
      <Icon name="search" />
      <span class="unseen">Search names, addresses, regions and metadata</span>
      <input
        ref={input}
        type="search"
        placeholder="Search"
        autocomplete="off"
        spellcheck={false}
        maxLength={64}
        value={query}
        onInput={({ currentTarget: { value } }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => {
            address.set({ q: value }, 'replace');
          }, TYPING_MS);
        }}
      />
    </label>
  );
}

function NearButton({ state: { address } }: { state: PageState }) {
  const isNear = address.get('near') !== null;
  return (
    <button
      type="button"
      class="toggle"
      aria-pressed={isNear}
      onClick={() => {
        const sort = address.get('sort') === 'distance' ? { sort: null } : {};
        address.set(isNear ? { near: null, ...sort } : { near: 'auto', sort: null });
      }}
    >
      <Icon name="near" />
      Near me
    </button>
  );
}

function SortMenu({ state: { address } }: { state: PageState }) {
  const isNear = address.get('near') !== null;
  const current = SORT_MENU.findIndex(({ change: { sort, order }, near }) => {
    const isSame = (address.get('order') ?? null) === order;
    const asked = address.get('sort') ?? (isNear ? 'distance' : null);
    return isSame && (order !== null || asked === sort) && (near !== true || isNear);
  });
  return (
    <select
      class="menu sortmenu"
      aria-label="Sort"
      value={String(current)}
      onChange={({ currentTarget }) => {
        const chosen = SORT_MENU[Number(currentTarget.value)];
        if (chosen === undefined) return;
        const { change, near } = chosen;
        if (near) address.set({ order: null, sort: null, near: address.get('near') ?? 'auto' });
        else
          address.set(
            isNear && change.sort === null && change.order === null
              ? { order: null, sort: 'registeredAt' }
              : change,
          );
      }}
    >
      {current === -1 && <option value="-1">Sort</option>}
      {SORT_MENU.map(({ title }, index) => (
        <option key={title} value={String(index)}>
          {title}
        </option>
      ))}
    </select>
  );
}

/** Every parameter that narrows the list, one that only the API understands too. */
function Chips({ state: { address } }: { state: PageState }) {
  const hidden = new Set<string>([...PAGE_PARAMETERS, 'sort', 'q', 'since', 'cursor', 'fields']);
  const set = [...address.parameters.value].filter(([name, value]) => {
    return !hidden.has(name) && !(name === 'near' && value === 'auto');
  });
  if (set.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {set.map(([name, value]) => (
        <li key={`${name}=${value}`}>
          <button
            type="button"
            class="chip"
            aria-label={`${line(nameOf(name), LABEL_CHARACTERS)} ${line(value, LABEL_CHARACTERS)}, remove this filter`}
            onClick={() => {
              address.remove(name, value);
            }}
          >
            <span class="key">{line(nameOf(name), LABEL_CHARACTERS)}</span>{' '}
            <bdi>{line(value, LABEL_CHARACTERS)}</bdi>
            <Icon name="close" />
          </button>
        </li>
      ))}
      {set.length > 1 && (
        <li>
          <button
            type="button"
            class="chip all"
            onClick={() => {
              address.clearFilters();
            }}
          >
            Clear all
          </button>
        </li>
      )}
    </ul>
  );
}

function Count({ state }: { state: PageState }) {
  const { rows, list, address, question, isAnswered, announcement } = state;
  void list.version.value;
  const all = list.servers.size;
  const shown = rows.value.filter(({ serverId }) => !list.isLeaving(serverId)).length;
  const isPart = address.asked.value !== '' && shown !== all;
  const text = isPart ? `${number(shown)} of ${number(all)} servers` : counted(all);
  const view = question.view.value;
  const answered = view?.isWhole === true ? view.asked : '';
  // Read out when a question is answered, not whenever a server comes or goes.
  useEffect(() => {
    if (answered !== '' && answered === address.asked.peek()) announcement.value = text;
  }, [answered]);
  if (!isAnswered.value) return <p class="count" />;
  return (
    <p class="count">
      {text}{' '}
      <a class="json" href={`servers${address.asked.value === '' ? '' : `?${address.asked.value}`}`}>
        JSON
      </a>
    </p>
  );
}

function counted(servers: number): string {
  return servers === 1 ? '1 server' : `${number(servers)} servers`;
}

function nameOf(parameter: string): string {
  return parameter.replace(/^metadata\./, '');
}
