/** `npm run build`: makes dist/, everything that the package ships. */
import { rmSync } from 'node:fs';
import { buildCli } from './cli.ts';
import { buildPackages } from './packages.ts';
import { buildPageIfThere } from './page-if-there.ts';
import { DIST } from './project.ts';
import { buildWorker } from './worker.ts';

rmSync(DIST, { recursive: true, force: true });
await Promise.all([buildWorker(), buildCli(), buildPackages(), buildPageIfThere()]);
