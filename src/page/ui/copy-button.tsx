/** Copies a text, and says so to eyes and ears. */
import { useSignal } from '@preact/signals';
import type { PageState } from '../state/page-state.ts';
import { Icon } from './icons.tsx';

const SAID_FOR_MS = 1600;

interface Properties {
  readonly state: PageState;
  /** What goes to the clipboard, exactly. */
  readonly text: string;
  /** What it is, for the button's name: `address of eu-1`. */
  readonly of: string;
  readonly tabIndex?: number;
}

export function CopyButton({ state, text, of, tabIndex = 0 }: Properties) {
  const outcome = useSignal<'idle' | 'copied' | 'failed'>('idle');
  const copy = async () => {
    outcome.value = (await copied(text)) ? 'copied' : 'failed';
    state.announcement.value = outcome.value === 'copied' ? `Copied the ${of}` : `Could not copy the ${of}`;
    setTimeout(() => {
      outcome.value = 'idle';
      state.announcement.value = '';
    }, SAID_FOR_MS);
  };
  return (
    <button
      type="button"
      class={`plain copy ${outcome.value}`}
      aria-label={`Copy the ${of}`}
      title={outcome.value === 'copied' ? 'Copied' : 'Copy'}
      tabIndex={tabIndex}
      onClick={() => void copy()}
    >
      <Icon name={outcome.value === 'copied' ? 'check' : 'copy'} />
    </button>
  );
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text);
  }
}

/** Browsers have no clipboard for pages that came over plain HTTP from another machine. */
function copiedTheOldWay(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  // Inside an open dialog nothing else can be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isDone;
}
