/** The rules for bodies: what of a request's bytes counts, and why the others are refused. */
import { endpointVerdict } from '../grammar/endpoints.ts';
import { headerOf, type FuzzRequest } from '../request.ts';
import { isMetadata, isName, isPrintable } from './texts.ts';
import { refused, taken, type Checked } from './verdict.ts';

const BODY_BYTES = 8192;
const ID_CHARACTERS = 256;
const REGISTER_MEMBERS = ['serverId', 'endpoint', 'publicKey', 'region', 'metadata'];
const HEARTBEAT_MEMBERS = ['serverId', 'peers', 'metadata'];

/** A registration as it is kept; `metadata` as JSON text. */
export interface Claim {
  readonly serverId: string;
  readonly endpoint: string;
  readonly publicKey: string;
  readonly region: string;
  readonly metadata: string | null;
}

export interface Registration extends Claim {
  /** Names of members that nobody knows. */
  readonly ignored: readonly string[];
}

export interface Heartbeat {
  readonly serverId: string;
  readonly peers: boolean;
  /** Undefined where it brings none. */
  readonly metadata: string | undefined;
  readonly ignored: readonly string[];
}

/** Before anything of it is understood: what it says it is, whether it came whole, and how much it is. */
export function checkBytes(request: FuzzRequest, isBroken: boolean): Checked<Uint8Array<ArrayBuffer>> {
  const body = request.body ?? new Uint8Array(0);
  const type = headerOf(request, 'Content-Type');
  if (body.length > 0 && type !== undefined && !isJson(type)) return refused('unsupported-media-type');
  if (isBroken) return refused('malformed-body');
  return body.length > BODY_BYTES ? refused('body-too-large') : taken(body);
}

function isJson(type: string): boolean {
  const [media = ''] = type.toLowerCase().split(';');
  return media.trim() === 'application/json' || /^application\/[^\s/,]+\+json$/.test(media.trim());
}

interface Members {
  readonly text: string;
  readonly all: Readonly<Record<string, unknown>>;
}

function parse(bytes: Uint8Array<ArrayBuffer>): Members | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { text, all: value } : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null is as absent; own members alone, so that `constructor` is none. */
function memberOf({ all }: Members, name: string): unknown {
  const value = Object.hasOwn(all, name) ? all[name] : undefined;
  return value ?? undefined;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === '';
}

export function checkRegistration(bytes: Uint8Array<ArrayBuffer>): Checked<Registration> {
  const members = parse(bytes);
  if (members === undefined) return refused('malformed-body');
  const [serverId, endpoint, publicKey, given, metadata] = REGISTER_MEMBERS.map((name) =>
    memberOf(members, name),
  );
  if (isMissing(serverId) || isMissing(endpoint) || isMissing(publicKey)) return refused('missing-fields');
  const region = isMissing(given) ? 'unknown' : given;
  if (
    !isName(serverId, ID_CHARACTERS) ||
    serverId === '.' ||
    serverId === '..' ||
    !isPrintable(endpoint, 1024) ||
    !isPrintable(publicKey, 1024, '\r\n') ||
    !isName(region, 128) ||
    !(metadata === undefined || isMetadata(metadata, members.text))
  ) {
    return refused('invalid-field');
  }
  const verdict = endpointVerdict(endpoint);
  if (verdict !== 'listed') return refused(verdict === 'private' ? 'private-endpoint' : 'invalid-field');
  const kept = metadata === undefined ? null : JSON.stringify(metadata);
  const ignored = unknownIn(members, REGISTER_MEMBERS);
  return taken({ serverId, endpoint, publicKey, region, metadata: kept, ignored });
}

export function checkHeartbeat(bytes: Uint8Array<ArrayBuffer>): Checked<Heartbeat> {
  const members = parse(bytes);
  if (members === undefined) return refused('malformed-body');
  const [serverId, peers, metadata] = HEARTBEAT_MEMBERS.map((name) => memberOf(members, name));
  if (isMissing(serverId)) return refused('missing-server-id');
  if (
    !isPrintable(serverId, ID_CHARACTERS) ||
    !(peers === undefined || typeof peers === 'boolean') ||
    !(metadata === undefined || isMetadata(metadata, members.text))
  ) {
    return refused('invalid-field');
  }
  const kept = metadata === undefined ? undefined : JSON.stringify(metadata);
  return taken({
    serverId,
    peers: peers ?? true,
    metadata: kept,
    ignored: unknownIn(members, HEARTBEAT_MEMBERS),
  });
}

function unknownIn({ all }: Members, known: readonly string[]): string[] {
  return Object.keys(all).filter((name) => !known.includes(name));
}

/** The id behind `/servers/`: percent-encoded, and of printable characters. */
export function checkId(encoded: string): Checked<string> {
  try {
    const id = decodeURIComponent(encoded);
    return isPrintable(id, ID_CHARACTERS) ? taken(id) : refused('malformed-id');
  } catch {
    return refused('malformed-id');
  }
}
