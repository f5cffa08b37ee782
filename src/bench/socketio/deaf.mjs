/**
 * Where most of the losses of the table's Socket.IO columns come from, alone: a connection is cut
 * and recovered, then cut again so that the server is not told. Prints what each member was shown.
 * With `--mended` the old session is dropped when it is restored, and nobody is deaf.
 */
import { SocketIoSystem } from './socketio.mjs';
import { Way } from './proxy.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const system = new SocketIoSystem({
  name: 'recipe', recipe: true, mended: process.argv.includes('--mended'), ping: { pingInterval: 2_000, pingTimeout: 2_000 },
});
const target = await system.open();
const shown = { cut: 0, whole: 0 };
const join = async (member) => {
  const way = await new Way(target).open();
  const on = { shown: () => { shown[member]++; }, acked() {} };
  return { way, ...(await system.join({ port: way.port, conversation: 0, on })) };
};
const { way } = await join('cut');
const writer = await join('whole');
let n = 0;
setInterval(() => writer.say(`message ${n++}`), 500);

await pause(1_000);
way.cut({ kind: 'rst', darkMs: 0 });
await pause(4_000);
console.log('5 s, after an RST:', system.notes(), shown);
way.cut({ kind: 'server-untold', darkMs: 60_000 });
for (let seconds = 10; seconds <= 30; seconds += 5) {
  await pause(5_000);
  console.log(`${seconds} s, the server was not told:`, system.notes(), shown);
}
process.exit(0);
