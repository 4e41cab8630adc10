/** Everything that is known of one server, in a dialog. The page's URL names the server, so it can be shared. */
import { useSignal, useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Entry, ServerAnswer } from '../../protocol/protocol.ts';
import { serverOf } from '../model/server.ts';
import type { PageState } from '../state/page-state.ts';
import { CopyButton } from './copy-button.tsx';
import { Facts, Metadata } from './details-facts.tsx';
import { Icon } from './icons.tsx';

export function Details({ state }: { state: PageState }) {
  const { address, list } = state;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = address.get('server');
  const answer = useLease(state);
  // What was shown last stays, so that a server that dies under the reader's eyes can still be read.
  const lastShown = useRef<Entry | undefined>(undefined);
  void list.version.value;
  if (id !== null) {
    const before = lastShown.current?.serverId === id ? lastShown.current : undefined;
    lastShown.current = list.servers.get(id) ?? answer?.server ?? before;
  }
  useLayoutEffect(() => {
    if (id !== null && dialog.current?.open === false) dialog.current.showModal();
    if (id === null && dialog.current?.open === true) dialog.current.close();
  }, [id]);
  const entry = lastShown.current?.serverId === id ? lastShown.current : undefined;
  const close = () => {
    address.set({ server: null }, 'replace');
  };
  return (
    <dialog
      ref={dialog}
      class="details"
      aria-labelledby="details-title"
      onClose={close}
      onClick={({ target, currentTarget }) => {
        // The dialog itself is hit only beside its content.
        if (target === currentTarget) close();
      }}
    >
      <div class="sheet">
        {id !== null &&
          (entry === undefined ? <Unknown id={id} /> : <Known state={state} entry={entry} answer={answer} />)}
        <button type="button" class="plain close" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
    </dialog>
  );
}

/** The lease of the server that is shown, asked for at each answer of the list. Null where the registry has none. */
function useLease({ address, client, list }: PageState): ServerAnswer | null {
  const answer = useSignal<ServerAnswer | null>(null);
  const leaseOf = async (id: string) => {
    try {
      return await client.get(id);
    } catch {
      // Refused, or an id that no URL can carry. Where the registry can't be reached, what was known stays.
      return list.contact.peek().kind === 'reached' ? null : undefined;
    }
  };
  useSignalEffect(() => {
    const id = address.get('server');
    void list.shownAsOf.value;
    if (id === null) return;
    void leaseOf(id).then((found) => {
      if (address.get('server') === id && found !== undefined) answer.value = found;
      return found;
    });
  });
  return answer.value?.server.serverId === address.get('server') ? answer.value : null;
}

function Unknown({ id }: { id: string }) {
  return (
    <>
      <h2 id="details-title">Not on the list</h2>
      <p>The registry holds no server with this id. It may have stopped, or fallen silent and been swept.</p>
      <p class="wide">
        <code>
          <bdi>{id}</bdi>
        </code>
      </p>
    </>
  );
}

interface Shown {
  readonly state: PageState;
  readonly entry: Entry;
  readonly answer: ServerAnswer | null;
}

function Known({ state, entry, answer }: Shown) {
  const server = serverOf(entry);
  return (
    <>
      <h2 id="details-title">
        <bdi>{server.name}</bdi>
        {server.isLocked && (
          <span class="lock" title="Needs a password">
            <Icon name="lock" />
          </span>
        )}
      </h2>
      <div class="join">
        <bdi class="address">{server.address}</bdi>
        <CopyButton state={state} text={entry.endpoint} of="address" />
      </div>
      <Facts state={state} server={server} answer={answer} />
      <Metadata entry={entry} />
      <details class="raw">
        <summary>JSON</summary>
        {/* A long text scrolls, and what scrolls can be reached by Tab. */}
        <pre tabIndex={0}>{JSON.stringify(entry, null, 2)}</pre>
      </details>
    </>
  );
}
