/** A list in several objects, and the same list in one: both are written alike, and read as the Worker reads them. */
import { env } from 'cloudflare:workers';
import { abortAllDurableObjects } from 'cloudflare:test';
import { ListObjects } from '../../../src/rpc/list-objects.ts';
import type { ListReply } from '../../../src/rpc/list-stub.ts';
import type { RegisteredServer } from '../../../src/rpc/contract.ts';
import { inside } from './fleet.ts';

let lists = 0;

/** A list that no other test uses. */
export class TestList {
  readonly name: string;
  readonly #configured: number;
  readonly #signingSeed: string | null;
  /** What the Worker was told once, of a list that differs from SHARDS. */
  readonly otherCounts: number[] = [];
  objects: ListObjects;

  constructor(configured: number, name?: string, signingSeed: string | null = null) {
    lists += 1;
    this.name = name ?? `of-test-${lists}`;
    this.#configured = configured;
    this.#signingSeed = signingSeed;
    this.objects = this.#newWorker();
  }

  stub(shard: number) {
    return env.SERVER_REGISTRY.getByName(`list:${this.name}/${shard}`);
  }

  register(server: RegisteredServer) {
    return this.objects.create(server.serverId, async (registry, shard) =>
      registry.register(server, null, shard),
    );
  }

  heartbeat(serverId: string, metadata: string | null = null) {
    return this.objects.call(serverId, async (registry) => registry.heartbeat(serverId, false, metadata));
  }

  deregister(serverId: string) {
    return this.objects.call(serverId, async (registry) => registry.deregister(serverId));
  }

  async save(): Promise<void> {
    const count = (await this.objects.count()) ?? 1;
    for (let shard = 0; shard < count; shard += 1) await this.stub(shard).save();
  }

  /** Rings the alarm of every object. */
  async ring(): Promise<void> {
    const count = (await this.objects.count()) ?? 1;
    for (let shard = 0; shard < count; shard += 1) {
      await inside(this.stub(shard), (registry) => registry.alarm());
    }
  }

  /** Another Worker, which knows nothing of the list yet. */
  #newWorker(): ListObjects {
    return new ListObjects({
      list: this.name,
      locate: (shard) => this.stub(shard),
      configured: this.#configured,
      signingSeed: this.#signingSeed,
      onOtherCount: (count) => this.otherCounts.push(count),
    });
  }
}

/** The list that an object alone holds. */
export function onlyObject({ id }: DurableObjectStub): ListObjects {
  return new ListObjects({
    list: 'of-test',
    locate: () => env.SERVER_REGISTRY.get(id),
    configured: 1,
    signingSeed: null,
    onOtherCount: () => undefined,
  });
}

/** All objects lose their memory. */
export async function restartAll(): Promise<void> {
  await abortAllDurableObjects();
}

export async function jsonOf(reply: ListReply | { readonly kind: string }): Promise<unknown> {
  if ('kind' in reply) throw new Error(`refused: ${reply.kind}`);
  return new Response(reply.body).json();
}
