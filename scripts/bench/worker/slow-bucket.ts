/** The product with a bucket that takes its time for each file, and holds it meanwhile as R2 would be handed it. */
import { ServerRegistry as Product } from '../../../src/worker.ts';

/** Long enough that a file is under way most of the time, and shorter than a put may take. */
const PUT_MS = 2000;

const bucket: NonNullable<Env['LIST_FILES']> = {
  async put(_key, value) {
    await scheduler.wait(PUT_MS);
    if (value.byteLength === 0) throw new Error('the file is empty');
  },
};

/** Where the variable `SLOW_BUCKET` is `on`, its list is written as a file as well. */
export class ServerRegistry extends Product {
  constructor(state: DurableObjectState, env: Env & { readonly SLOW_BUCKET?: string }) {
    super(state, env.SLOW_BUCKET === 'on' ? { ...env, LIST_FILES: bucket } : env);
  }
}
