/** The details of a server: what the registry knows, what the server says of itself, and all its other metadata. */
import type { ComponentChildren } from 'preact';
import type { Entry, ServerAnswer } from '../../protocol/protocol.ts';
import { distance, moment, number, since, span } from '../model/format.ts';
import { WELL_KNOWN, type Server } from '../model/server.ts';
import { line } from '../model/text.ts';
import type { PageState } from '../state/page-state.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icons.tsx';
import { lastHeard } from './server-row.tsx';

const KEY_CHARACTERS = 60;

interface Properties {
  readonly state: PageState;
  readonly server: Server;
  readonly answer: ServerAnswer | null;
}

export function Facts({ state, server, answer }: Properties) {
  const { entry, players, maxPlayers, game, version, map, website, region, location, id } = server;
  const now = state.registryNow.value;
  const heardAt = Math.max(lastHeard(state, entry), answer?.server.lastSeen ?? 0);
  const km = state.question.view.value?.distances.get(id);
  return (
    <dl class="pairs">
      <Pair name="Status">
        <Status state={state} id={id} answer={answer} />
      </Pair>
      {players !== undefined && (
        <Pair name="Players">
          {number(players)}
          {maxPlayers !== undefined && ` of ${number(maxPlayers)}`}
        </Pair>
      )}
      {game !== undefined && <Pair name="Game">{game}</Pair>}
      {version !== undefined && <Pair name="Version">{version}</Pair>}
      {map !== undefined && <Pair name="Map">{map}</Pair>}
      {server.isLocked && <Pair name="Password">Needed to join</Pair>}
      {website !== undefined && (
        <Pair name="Website">
          <a href={website.href} target="_blank" rel="noopener noreferrer nofollow ugc">
            {line(website.host + website.pathname.replace(/\/$/, ''))}
            <Icon name="link" />
            <span class="unseen"> (opens a new tab)</span>
          </a>
        </Pair>
      )}
      {region !== undefined && (
        <Pair name="Region">
          {region}{' '}
          <button
            type="button"
            class="small"
            onClick={() => {
              state.address.set({ server: null, region: entry.region });
            }}
          >
            Show all of it
          </button>
        </Pair>
      )}
      {server.otherAddresses.length > 0 && (
        <Pair name="Also at">
          {server.otherAddresses.map(({ endpoint, shown }) => (
            <div key={endpoint}>
              <bdi class="address">{shown}</bdi>
              <CopyButton state={state} text={endpoint} of={`address ${shown}`} />
            </div>
          ))}
        </Pair>
      )}
      {location !== undefined && <Pair name="Location">{location}</Pair>}
      {km !== undefined && <Pair name="Distance">{distance(km)}</Pair>}
      <Pair name="Registered">
        {moment(entry.registeredAt)} ({since(now - entry.registeredAt)})
      </Pair>
      <Pair name="Last heard">{since(now - heardAt)}</Pair>
      <Pair name="Server id">
        <code>{id}</code>
        <CopyButton state={state} text={id} of="server id" />
      </Pair>
      <Pair name="Public key">
        <code>{entry.publicKey}</code>
        <CopyButton state={state} text={entry.publicKey} of="public key" />
      </Pair>
    </dl>
  );
}

function Status({ state, id, answer }: { state: PageState; id: string; answer: ServerAnswer | null }) {
  const isListed = state.list.servers.has(id);
  if (isListed) {
    const leftMs = answer === null ? 0 : answer.expiresAt - state.registryNow.value;
    return (
      <>
        <span class="status live">Live</span>
        {leftMs > 0 && ` unless it is silent for ${span(leftMs, 'long')} more`}
      </>
    );
  }
  if (answer?.status === 'stale') {
    return <span class="status stale">Stale: silent for too long, waits to be swept</span>;
  }
  return <span class="status gone">No longer listed</span>;
}

/** All that is not shown above, whatever it is. */
export function Metadata({ entry: { metadata = {} } }: { entry: Entry }) {
  const known = new Set<string>(WELL_KNOWN);
  const others = Object.entries(metadata).filter(([key]) => !known.has(key));
  if (others.length === 0) return null;
  return (
    <>
      <h3>Metadata</h3>
      <dl class="pairs">
        {others.map(([key, value]) => (
          <Pair key={key} name={line(key, KEY_CHARACTERS)}>
            {typeof value === 'string' ? value : <code>{JSON.stringify(value)}</code>}
          </Pair>
        ))}
      </dl>
    </>
  );
}

function Pair({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd>
        <bdi>{children}</bdi>
      </dd>
    </div>
  );
}
