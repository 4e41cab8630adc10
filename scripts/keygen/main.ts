/** Makes the key that a registry signs its lists with, and prints its public half for clients. */
import { generateKeyPairSync } from 'node:crypto';
import { command, readOptions, runCommand } from '../lib/options.ts';

function keygen(): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const hex = (base64url = '') => Buffer.from(base64url, 'base64url').toString('hex');
  const seed = hex(privateKey.export({ format: 'jwk' }).d);
  const publicHalf = hex(publicKey.export({ format: 'jwk' }).x);
  console.log(`A new key for signed lists.

Secret, for the registry alone (set it with: npx wrangler secret put BOOTSTRAP_SIGNING_KEY):
  ${seed}

Public half, for clients (new RegistryClient(url, { verifyKey: '…' })):
  ${publicHalf}`);
  return Promise.resolve(0);
}

const made = command(
  'npm run keygen --',
  'Makes a new key for signed lists, and prints its secret and its public half. It stores nothing.',
);
await runCommand(readOptions(made, process.argv.slice(2)), keygen);
