/** The rules for bodies: what of a request's bytes counts, and why the others are refused. */
import { endpointVerdict } from '../grammar/endpoints.ts';
import { headerOf, type FuzzRequest } from '../request.ts';
import { isMetadata, isName, isPrintable } from './texts.ts';
import { refused, taken, type Checked } from './verdict.ts';

const BODY_BYTES = 8192;
const ID_CHARACTERS = 256;
const ENDPOINTS = 8;
const REGISTER_MEMBERS = ['serverId', 'endpoint', 'publicKey', 'region', 'metadata', 'endpoints', 'instance'];
const HEARTBEAT_MEMBERS = ['serverId', 'peers', 'metadata', 'instance'];

/** A registration as it is kept; `metadata` as JSON text. */
export interface Claim {
  readonly serverId: string;
  readonly endpoint: string;
  /** All of them, as JSON text; null where there is one alone. */
  readonly endpoints: string | null;
  readonly publicKey: string;
  readonly region: string;
  readonly metadata: string | null;
  /** Of the host that registered it, where it named itself. */
  readonly instance: string | undefined;
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
  readonly instance: string | undefined;
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
  const [serverId, endpoint = '', publicKey, given, metadata, all, instance] = REGISTER_MEMBERS.map((name) =>
    memberOf(members, name),
  );
  const isUnreachable = endpoint === '' && isMissing(all);
  if (isMissing(serverId) || isUnreachable || isMissing(publicKey)) return refused('missing-fields');
  const region = isMissing(given) ? 'unknown' : given;
  if (
    !isName(serverId, ID_CHARACTERS) ||
    serverId === '.' ||
    serverId === '..' ||
    !isPrintable(endpoint, 1024) ||
    !(all === undefined || areEndpoints(all)) ||
    !isInstance(instance) ||
    !isPrintable(publicKey, 1024, '\r\n') ||
    !isName(region, 128) ||
    !(metadata === undefined || isMetadata(metadata, members.text))
  ) {
    return refused('invalid-field');
  }
  const named = all ?? [endpoint];
  const [first = endpoint] = named;
  if (endpoint !== '' && endpoint !== first) return refused('invalid-field');
  const verdict = named.map(endpointVerdict).find((of) => of !== 'listed');
  if (verdict !== undefined) return refused(verdict === 'private' ? 'private-endpoint' : 'invalid-field');
  const kept = metadata === undefined ? null : JSON.stringify(metadata);
  const ignored = unknownIn(members, REGISTER_MEMBERS);
  return taken({
    serverId,
    endpoint: first,
    endpoints: named.length > 1 ? JSON.stringify(named) : null,
    publicKey,
    region,
    metadata: kept,
    instance,
    ignored,
  });
}

function areEndpoints(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= ENDPOINTS &&
    value.every((url) => isPrintable(url, 1024)) &&
    new Set(value).size === value.length
  );
}

function isInstance(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && /^[ -~]{1,64}$/.test(value));
}

export function checkHeartbeat(bytes: Uint8Array<ArrayBuffer>): Checked<Heartbeat> {
  const members = parse(bytes);
  if (members === undefined) return refused('malformed-body');
  const [serverId, peers, metadata, instance] = HEARTBEAT_MEMBERS.map((name) => memberOf(members, name));
  if (isMissing(serverId)) return refused('missing-server-id');
  if (
    !isPrintable(serverId, ID_CHARACTERS) ||
    !(peers === undefined || typeof peers === 'boolean') ||
    !isInstance(instance) ||
    !(metadata === undefined || isMetadata(metadata, members.text))
  ) {
    return refused('invalid-field');
  }
  const kept = metadata === undefined ? undefined : JSON.stringify(metadata);
  return taken({
    serverId,
    peers: peers ?? true,
    metadata: kept,
    instance,
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
