/** A game server that says what it is told to say, over UDP. */
import { createSocket, type Socket } from 'node:dgram';

/** Answers the ping of Minecraft Bedrock (RakNet, unconnected) with this description. */
export async function gameServer(description: string): Promise<{ port: number; close: () => void }> {
  const magic = Buffer.from('00ffff00fefefefefdfdfdfd12345678', 'hex');
  const socket: Socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    if (message[0] !== 1) return;
    const text = Buffer.from(description);
    const head = Buffer.alloc(17);
    head[0] = 0x1c;
    message.copy(head, 1, 1, 9);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(text.length);
    socket.send(Buffer.concat([head, magic, length, text]), port, address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  return {
    port: socket.address().port,
    close: () => {
      socket.close();
    },
  };
}
