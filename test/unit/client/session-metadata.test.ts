/** Metadata over a session: none of it can cost the server its place, or its session. */
import { describe, expect, test } from 'vitest';
import { HELD } from './fake-socket.ts';
import { pingFor, setUp } from './session-scene.ts';

describe('metadata during a session', () => {
  const metadata = (players: number) => `{"type":"metadata","metadata":{"players":${players}}}`;

  test('goes over it at once, and the latest of what is set meanwhile 5 s later', async () => {
    const { handle, hold, socket, time, registry } = setUp();
    await hold();
    handle.setMetadata({ players: 1 });
    handle.setMetadata({ players: 2 });
    await socket().say({ type: 'ack', of: 'metadata' });
    handle.setMetadata({ players: 3 });
    expect(socket().texts).toEqual([metadata(1)]);
    await time.advance(5000);
    await socket().say({ type: 'ack', of: 'metadata' });
    await time.advance(9000);
    expect(socket().texts).toEqual([metadata(1), metadata(3)]);
    expect(registry.requests).toEqual(['POST /servers']);
  });

  test('that was set before goes as soon as the session is held', async () => {
    const { handle, socket, time } = setUp();
    await time.advance(0);
    handle.setMetadata({ players: 1 });
    expect(socket().texts).toEqual([]);
    await socket().say(HELD);
    expect(socket().texts).toEqual([metadata(1)]);
  });

  test('that is refused for good is set aside, and costs neither session nor place', async () => {
    const scene = setUp();
    await scene.hold();
    scene.handle.setMetadata({ players: 1 });
    const refusal = { type: 'error', status: 413, error: 'Metadata too large', title: 'Too large' };
    await scene.socket().say(refusal);
    expect(scene.failures).toMatchObject([
      { setAside: { players: 1 }, error: { fault: { kind: 'refused', status: 413 } } },
    ]);
    await pingFor(60_000, scene);
    scene.handle.setMetadata({ players: 2 });
    expect(scene.socket().texts.filter((text) => text !== 'ping')).toEqual([metadata(1), metadata(2)]);
    expect(scene.losses).toEqual([]);
  });

  test('that JSON can not hold is set aside without being sent', async () => {
    const { handle, hold, socket, failures } = setUp();
    await hold();
    handle.setMetadata({ players: 1n });
    expect(failures).toMatchObject([{ error: { kind: 'unsendable' } }]);
    expect(socket().texts).toEqual([]);
  });

  test('that is refused for the moment is sent again', async () => {
    const scene = setUp();
    await scene.hold();
    scene.handle.setMetadata({ players: 1 });
    await scene.socket().say({ type: 'error', status: 503, error: 'Busy' });
    await pingFor(10_000, scene);
    expect(scene.socket().texts.filter((text) => text !== 'ping')).toEqual([metadata(1), metadata(1)]);
    expect(scene.failures).toMatchObject([{ setAside: undefined }]);
  });

  test('that was not answered when the session broke goes with the heartbeat that follows', async () => {
    const { handle, hold, socket, time, registry } = setUp();
    await hold();
    handle.setMetadata({ players: 1 });
    await socket().end(1006);
    await time.advance(2500);
    expect(registry.sent.at(-1)?.body).toMatchObject({ metadata: { players: 1 } });
  });

  test('is answered frame by frame: an error behind an ack is about what was sent after it', async () => {
    const { handle, hold, socket, time, failures, registry } = setUp();
    await hold();
    handle.setMetadata({ players: 1 });
    await socket().say({ type: 'ack', of: 'metadata' });
    await time.advance(5000);
    handle.setMetadata({ players: 2 });
    await socket().say({ type: 'error', status: 413, error: 'Metadata too large' });
    expect(failures).toMatchObject([{ setAside: { players: 2 } }]);
    await socket().end(4404);
    expect(registry.sent.at(-1)).toMatchObject({
      request: 'POST /servers',
      body: { metadata: { players: 1 } },
    });
  });

  test('that was taken is not set aside by an error that nothing was sent for', async () => {
    const { handle, hold, socket, time, failures, losses } = setUp();
    await hold();
    handle.setMetadata({ players: 1 });
    await socket().say({ type: 'ack', of: 'metadata' });
    await socket().say({ type: 'error', status: 400, error: 'Nobody asked' });
    await socket().say({ type: 'ack', of: 'metadata' });
    await time.advance(5000);
    handle.setMetadata({ players: 2 });
    expect(socket().texts).toEqual([metadata(1), metadata(2)]);
    expect(failures).toEqual([]);
    await socket().end(4400, 'bad frame');
    expect(losses[0]?.error.cause).toMatchObject({ fault: { error: 'Nobody asked' } });
  });

  test('that is never answered ends the session', async () => {
    const { handle, hold, time, losses } = setUp();
    await hold();
    handle.setMetadata({ players: 1 });
    await time.advance(10_000);
    expect(losses[0]?.error.kind).toBe('timeout');
  });
});
