/** What is counted of bodies and of messages of WebSockets while they come, in pieces of one size. */

const server = new URL(
  "../../generator/convexgen/embedded/server/protocol/",
  import.meta.url,
);
const { ReceivedBody } = await import(new URL("receivedBody.mjs", server));
const { UnfinishedMessage } = await import(
  new URL("unfinishedMessage.mjs", server)
);

/** @param {Buffer} bytes @param {number} size */
function* pieces(bytes, size) {
  for (let start = 0; start < bytes.length; start += size)
    yield bytes.subarray(start, start + size);
}

/** @param {number} first byte @param {Buffer} payload under a mask of zeros */
function frame(first, payload) {
  const { length } = payload;
  const size = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  size[0] = first;
  if (length < 126) size[1] = 0x80 | length;
  else if (length < 65_536) {
    size[1] = 0xfe;
    size.writeUInt16BE(length, 2);
  } else {
    size[1] = 0xff;
    size.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([size, Buffer.alloc(4), payload]);
}

const PING = 0x89;
const BEGIN = 0x01;
const GO_ON = 0x00;
const END = 0x80;

const bytes = Buffer.from(
  Array.from({ length: 300_000 }, (_, place) => place % 251),
);
const bodies = [1, 7, 4_096, 100_000, 300_000].map((size) => {
  const body = new ReceivedBody();
  for (const piece of pieces(bytes, size)) body.add(piece);
  const held = body.held;
  const isWhole = body.whole().equals(bytes);
  body.drop();
  return { held, isWhole, dropped: body.held };
});

const FRAMES = 1_000;
const tiny = Buffer.concat([
  frame(BEGIN, Buffer.from("x")),
  ...Array.from({ length: FRAMES - 1 }, () => [
    frame(GO_ON, Buffer.from("x")),
    frame(PING, Buffer.alloc(125)),
  ]).flat(),
]);
const messages = [1, 3, 1_000, tiny.length].map((size) => {
  const message = new UnfinishedMessage();
  for (const piece of pieces(tiny, size)) message.add(piece);
  const fragments = message.weight;
  message.add(frame(END, Buffer.alloc(70_000)));
  const ended = message.weight;
  for (let count = 0; count < FRAMES; count += 1)
    message.add(frame(PING, Buffer.alloc(1)));
  const idle = message.weight;
  const long = frame(END | BEGIN, Buffer.alloc(200_000));
  let most = 0;
  for (const piece of pieces(long, Math.max(size, 100))) {
    message.add(piece);
    most = Math.max(most, message.weight);
  }
  return { fragments, ended, idle, most, whole: message.weight };
});
process.stdout.write(`${JSON.stringify({ bodies, messages })}\n`);
