/** Puts a credential on a request: real signatures (RFC 9421), and real ones with a flaw. Runs in Node and in Workers. */
import { KEYS, naturalOwner, signWith, SPELLINGS, toBase64, type KeyName } from './keys.ts';
import type { Credential, Flaw, Form } from './grammar/credentials.ts';
import type { DressedRequest, FuzzRequest, Signature } from './request.ts';

type Signed = Extract<Credential, { readonly kind: 'signature' }>;

/** What dressing needs to know of the moment. */
export interface Wardrobe {
  /** The URL of a path, as the registry sees it, without a fragment. */
  readonly urlOf: (path: string) => string;
  readonly nowMs: () => number;
  /** When the last registration or deregistration of an id was signed, in epoch seconds. */
  readonly lastSigned: (serverId: string) => number;
}

const REMEMBERED = 64;
/** So far behind the clock that registrations of one id may come faster than one a second for a while. */
const BEHIND_SECONDS = 40;
const AHEAD_SECONDS = 45;
const SHA: Readonly<Record<string, string>> = { 'sha-256': 'SHA-256', 'sha-512': 'SHA-512' };

export class Dresser {
  readonly #wardrobe: Wardrobe;
  readonly #sent: DressedRequest[] = [];

  constructor(wardrobe: Wardrobe) {
    this.#wardrobe = wardrobe;
  }

  async dress(request: FuzzRequest): Promise<DressedRequest> {
    const { credential } = request;
    switch (credential.kind) {
      case 'none':
        return { ...request, signature: null };
      case 'authorization':
        return {
          ...request,
          headers: { ...request.headers, Authorization: credential.value },
          signature: null,
        };
      case 'replay': {
        const before = this.#sent.at(-1 - credential.back);
        if (before === undefined || before.signature === null) return { ...request, signature: null };
        // At another address it is good for nothing.
        const isForHere = isSpelling(before.signature.url, this.#wardrobe.urlOf(before.path));
        return {
          ...before,
          credential,
          signature: { ...before.signature, ...(!isForHere && { key: null }) },
        };
      }
      case 'signature': {
        const dressed = await this.#sign(request, credential);
        this.#sent.push(dressed);
        if (this.#sent.length > REMEMBERED) this.#sent.shift();
        return dressed;
      }
    }
  }

  async #sign(request: FuzzRequest, credential: Signed): Promise<DressedRequest> {
    const { flaw, form } = credential;
    if (flaw === 'not signed at all') return { ...request, signature: null };
    const { serverId, publicKey } = subjectOf(request);
    const owner = SPELLINGS.get(publicKey ?? '') ?? naturalOwner(serverId);
    const key = credential.by === 'owner' ? owner : (KEYS[credential.by] ?? owner);
    const nowSeconds = Math.floor(this.#wardrobe.nowMs() / 1000);
    const next = Math.max(nowSeconds - BEHIND_SECONDS, this.#wardrobe.lastSigned(serverId) + 1);
    const created =
      credential.created === 'next'
        ? Math.min(next, nowSeconds + AHEAD_SECONDS)
        : nowSeconds + credential.created;
    const isKeyKnown =
      publicKey === undefined ? serverId === `ed25519:${key}` : SPELLINGS.get(publicKey) === key;
    // Without "keyid" the key must be told by what is written.
    const usable = form === 'no keyid' && !isKeyKnown ? 'plain' : form;
    const url = this.#wardrobe.urlOf(request.path);
    const { headers, createdSeconds, target } = await signedHeaders(request, {
      key,
      created,
      nowSeconds,
      form: usable,
      flaw,
      url,
    });
    const signature: Signature = { key: flaw === null ? key : null, createdSeconds, url: target };
    return { ...request, headers: { ...request.headers, ...headers }, signature };
  }
}

/** Whom a write is about, as far as that can be told. */
function subjectOf({ method, path, body }: FuzzRequest): {
  readonly serverId: string;
  readonly publicKey: string | undefined;
} {
  try {
    if (method === 'DELETE') {
      return { serverId: decodeURIComponent(path.slice('/servers/'.length)), publicKey: undefined };
    }
    const value: unknown = JSON.parse(new TextDecoder().decode(body ?? new Uint8Array(0)));
    const member = (name: string): unknown =>
      typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    const [serverId, publicKey] = [member('serverId'), member('publicKey')];
    return {
      serverId: typeof serverId === 'string' ? serverId : '',
      publicKey: typeof publicKey === 'string' && path === '/servers' ? publicKey : undefined,
    };
  } catch {
    return { serverId: '', publicKey: undefined };
  }
}

interface Plan {
  readonly key: KeyName;
  readonly created: number;
  readonly nowSeconds: number;
  readonly form: Form;
  readonly flaw: Flaw | null;
  readonly url: string;
}

async function signedHeaders(request: FuzzRequest, plan: Plan) {
  const { form, flaw, nowSeconds } = plan;
  const createdSeconds =
    flaw === 'stale' ? nowSeconds - 65 : flaw === 'future' ? nowSeconds + 65 : plan.created;
  const digest = await digestHeader(request.body ?? new Uint8Array(0), form, flaw);
  const components = componentsOf(form, flaw);
  const parameters = parametersOf(plan, createdSeconds);
  const params = `(${components.map(({ item }) => item).join(' ')})${parameters}`;
  const url = targetOf(plan);
  const method = flaw === 'other method' ? (request.method === 'POST' ? 'PUT' : 'POST') : request.method;
  const { host, pathname, search, protocol } = new URL(plan.url);
  const values: Readonly<Record<string, string>> = {
    '@method': method,
    '@target-uri': url,
    '@authority': host,
    '@path': pathname,
    '@query': search === '' ? '?' : search,
    '@scheme': protocol.slice(0, -1),
    'content-digest': digest,
    'x-signed': 'yes',
  };
  const lines = components.map(({ name, item }) => `${item}: ${values[name] ?? ''}`);
  const base = [...lines, `"@signature-params": ${params}`].join('\n');
  const signer = flaw === 'wrong key' ? KEYS[(KEYS.indexOf(plan.key) + 1) % KEYS.length] : plan.key;
  const bytes = await signWith(signer ?? plan.key, base);
  if (flaw === 'bit flipped') bytes[0] = (bytes[0] ?? 0) ^ 1;
  const cut = flaw === 'empty signature' ? 0 : flaw === 'short signature' ? 63 : bytes.length;
  const signature = `:${toBase64(bytes.subarray(0, cut))}:`;
  const label = form === 'other label' ? 'server-1' : 'sig1';
  const proxy = form === 'behind another signature' ? `proxy=("x-signed");created=${createdSeconds}, ` : '';
  const long = flaw === 'too long' ? `, sig9=("${'x'.repeat(4100)}")` : '';
  const input = flaw === 'malformed input' ? `${label}=(((` : `${proxy}${label}=${params}${long}`;
  const headers: Record<string, string> = {
    ...(flaw !== 'no digest header' && { 'Content-Digest': digest }),
    ...(components.some(({ name }) => name === 'x-signed') || proxy !== '' ? { 'X-Signed': 'yes' } : {}),
    'Signature-Input': input,
    Signature:
      flaw === 'malformed signature'
        ? `${label}=:***:`
        : `${proxy === '' ? '' : 'proxy=:AAAA:, '}${flaw === 'other label' ? 'sig7' : label}=${signature}`,
  };
  return { headers, createdSeconds, target: url };
}

interface Component {
  readonly name: string;
  /** As it stands in the list, with its parameters. */
  readonly item: string;
}

function componentsOf(form: Form, flaw: Flaw | null): Component[] {
  const plain = (name: string): Component => ({ name, item: `"${name}"` });
  const required = ['@method', '@target-uri', 'content-digest']
    .filter((name) => flaw !== `no ${name}`)
    .map(plain);
  const more =
    form === 'more components' ? ['@authority', '@path', '@query', '@scheme', 'x-signed'].map(plain) : [];
  const added: Partial<Record<Flaw, readonly Component[]>> = {
    'component twice': [plain('@method')],
    'component with a parameter': [{ name: '@method', item: '"@method";req' }],
    'unknown component': [plain('@status')],
    'missing header covered': [plain('x-absent')],
    'too many components': Array.from({ length: 40 }, (_, at) => plain(`x-${at}`)),
  };
  return [...required, ...more, ...((flaw === null ? undefined : added[flaw]) ?? [])];
}

function parametersOf({ key, form, flaw, nowSeconds }: Plan, createdSeconds: number): string {
  const created =
    flaw === 'no created'
      ? ''
      : `;created=${flaw === 'created with a fraction' ? `${createdSeconds}.5` : flaw === 'created as text' ? `"${createdSeconds}"` : createdSeconds}`;
  const keyid =
    form === 'keyid of another form' ? key.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') : key;
  const alg = flaw === 'other algorithm' ? 'rsa-pss-sha512' : 'ed25519';
  const expires = flaw === 'expired' ? nowSeconds - 2 : nowSeconds + 300;
  return [
    created,
    form === 'no keyid' ? '' : `;keyid="${keyid}"`,
    form === 'no alg' && flaw !== 'other algorithm' ? '' : `;alg="${alg}"`,
    form === 'expires ahead' || flaw === 'expired' ? `;expires=${expires}` : '',
  ].join('');
}

function targetOf({ url, form, flaw }: Plan): string {
  if (flaw === 'other target') return `${url}x`;
  if (flaw === 'other host') return url.replace('://', '://other.');
  if (flaw === 'other scheme') {
    return url.startsWith('http://') ? url.replace('http', 'https') : url.replace('https', 'http');
  }
  return form === 'explicit port' ? withPort(url) : url;
}

/** Where the port goes without saying, and was not said. */
function withPort(url: string): string {
  const { protocol, host, port } = new URL(url);
  const implied = protocol === 'https:' ? ':443' : ':80';
  const [, , authority = ''] = url.split('/', 3);
  return port === '' && !authority.endsWith(implied) ? url.replace(`//${host}`, `//${host}${implied}`) : url;
}

/** Whether a URL that was signed is the one that is asked for: as it is, as URLs are written, or with its port. */
function isSpelling(signed: string, asked: string): boolean {
  const { href, origin } = new URL(asked);
  const [rest = ''] = /(?<=^https?:\/\/[^/]*)\/.*/.exec(asked) ?? [];
  return [asked, href, withPort(origin + rest)].includes(signed);
}

async function digestHeader(body: Uint8Array<ArrayBuffer>, form: Form, flaw: Flaw | null): Promise<string> {
  const over = flaw === 'other body' ? new Uint8Array([...body, 0x20]) : body;
  const one = async (name: string) => {
    const bytes = await crypto.subtle.digest(SHA[name] ?? 'SHA-256', over);
    return `${name}=:${toBase64(new Uint8Array(bytes))}:`;
  };
  if (flaw === 'malformed digest') return 'sha-256=(((';
  if (flaw === 'unknown digest') return (await one('sha-256')).replace('sha-256', 'sha-1');
  if (flaw === 'digest of nothing known') return 'sha-256="text"';
  if (form === 'both digests') return `${await one('sha-256')}, ${await one('sha-512')}`;
  return one(form === 'sha-512' ? 'sha-512' : 'sha-256');
}
