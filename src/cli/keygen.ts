/** `rollcall keygen`: the key that a server signs with, or the one that a registry signs its lists with. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { SigningKey } from '../client/client.ts';
import { CommandError, EXIT, type ExitCode } from './exit-codes.ts';
import { printError, printLine } from './screen.ts';

/** Writes a server's private key as PEM, to a file that only its owner may read, or to the output. */
export async function serverKey(out: string | undefined): Promise<ExitCode> {
  const key = await SigningKey.generate();
  const pem = await key.toPem();
  if (out === undefined) {
    printLine(pem.trimEnd());
    printError(`Public key: ${key.publicKey}\nThe id that is its own: ${key.serverId}`);
    return EXIT.ok;
  }
  try {
    writeFileSync(out, pem, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`--out ${out} can't be written: ${reason}.`, EXIT.unusable, error);
  }
  printLine(`Private key  ${out}  (whoever has it owns every server registered with it)`);
  printLine(`Public key   ${key.publicKey}`);
  printLine(`Own id       ${key.serverId}`);
  return EXIT.ok;
}

/** Prints a registry's key for signed lists, both halves. */
export function listKey(): ExitCode {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const hex = (base64url = '') => Buffer.from(base64url, 'base64url').toString('hex');
  printLine(`A new key for signed lists.

Secret, for the registry alone (set it with: npx wrangler secret put BOOTSTRAP_SIGNING_KEY):
  ${hex(privateKey.export({ format: 'jwk' }).d)}

Public half, for clients (new RegistryClient(url, { verifyKey: '…' })):
  ${hex(publicKey.export({ format: 'jwk' }).x)}`);
  return EXIT.ok;
}
