import { expect, it } from 'vitest';
import { Closing } from '../../../src/cli/front/closing.ts';

it('saves only after the writes under way are answered, and takes no more meanwhile', async () => {
  const closing = new Closing();
  const order: string[] = [];
  let answer: (() => void) | undefined;
  const underWay = closing.write(async () => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    order.push('answered');
    return new Response('ok');
  });
  const closed = closing.close(() => [
    {
      save() {
        order.push('saved');
        return Promise.resolve();
      },
    },
  ]);
  const refused = await closing.write(() => new Response('never'));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).toBe('1');
  answer?.();
  expect((await underWay).status).toBe(200);
  await closed;
  expect(order).toEqual(['answered', 'saved']);
});

it('does not wait for ever for a write that is never answered', async () => {
  const closing = new Closing();
  void closing.write(() => new Promise<Response>(() => undefined));
  await closing.close(() => []);
});

it('fails where one of the objects could not save', async () => {
  const failing = { save: () => Promise.reject(new Error('disk is full')) };
  await expect(new Closing().close(() => [failing])).rejects.toThrow('disk is full');
});
