/**
 * From what was written and what was shown to the counts of the table; the same for every system.
 *
 * @param {object} records
 * @param {{id: string, conversation: number}[]} records.members all there from before the first message
 * @param {{key: string, conversation: number, sender: string, n: number, at: number}[]} records.sent
 * @param {string[]} records.acked keys
 * @param {string[]} records.refused keys that the sender was told will not be sent
 * @param {{member: string, key: string, at: number}[]} records.shown in the order shown
 */
export function check({ members, sent, acked, refused, shown }) {
  const written = new Map(sent.map((message) => [message.key, message]));
  const settled = new Set(acked);
  const told = new Set(refused);
  const counts = {
    sent: sent.length, acked: settled.size, refused: told.size, unknown: 0, vanished: 0, partly: 0,
    expected: 0, delivered: 0, lost: 0, doubled: 0, reordered: 0, foreign: 0,
  };
  const delays = [];
  const seenBy = new Map(members.map(({ id }) => [id, new Set()]));
  const last = new Map();
  const where = new Map(members.map(({ id, conversation }) => [id, conversation]));

  for (const { member, key, at } of shown) {
    const message = written.get(key);
    if (message?.conversation !== where.get(member)) {
      counts.foreign++;
      continue;
    }
    if (seenBy.get(member).has(key)) {
      counts.doubled++;
      continue;
    }
    seenBy.get(member).add(key);
    counts.delivered++;
    delays.push(at - message.at);
    const line = `${member}<${message.sender}`;
    if (message.n < (last.get(line) ?? -1)) {
      counts.reordered++;
    }
    last.set(line, Math.max(message.n, last.get(line) ?? -1));
  }

  for (const message of sent) {
    const readers = members.filter(({ conversation }) => conversation === message.conversation);
    const missing = readers.filter(({ id }) => !seenBy.get(id).has(message.key)).length;
    if (settled.has(message.key)) {
      counts.expected += readers.length;
      counts.lost += missing;
    } else if (!told.has(message.key)) {
      counts.unknown++;
      counts.vanished += missing === readers.length ? 1 : 0;
      counts.partly += missing > 0 && missing < readers.length ? 1 : 0;
    }
  }
  delays.sort((a, b) => a - b);
  const percentile = (p) => delays[Math.min(delays.length - 1, Math.floor(delays.length * p))] ?? 0;
  return { ...counts, p50: percentile(0.5), p99: percentile(0.99), latest: percentile(1), dark: longestDark(members, sent, shown) };
}

/** The longest time that one member was shown nothing while others wrote. */
function longestDark(members, sent, shown) {
  let longest = 0;
  for (const { id, conversation } of members) {
    const own = sent.filter((message) => message.conversation === conversation);
    const end = own.at(-1)?.at ?? 0;
    const times = [own[0]?.at ?? 0, ...shown.filter(({ member }) => member === id).map(({ at }) => at), end];
    for (let i = 1; i < times.length; i++) {
      longest = Math.max(longest, times[i] - times[i - 1]);
    }
  }
  return longest;
}

/** Spoils the records in each way that is counted, and says which spoiling was not noticed. */
export function blindTo(records) {
  const before = check(records);
  const acked = new Set(records.acked);
  const at = records.shown.findIndex(({ key }) => acked.has(key));
  const one = records.shown[at];
  const sender = (show) => records.sent.find(({ key }) => key === show.key)?.sender;
  const next = records.shown.findIndex((show, i) =>
    i > at && show.member === one.member && sender(show) === sender(one) && show.key !== one.key);
  const swapped = [...records.shown];
  [swapped[at], swapped[next]] = [swapped[next], swapped[at]];
  const spoilt = {
    lost: { ...records, shown: records.shown.filter(({ member, key }) => member !== one.member || key !== one.key) },
    doubled: { ...records, shown: [...records.shown, one] },
    reordered: { ...records, shown: swapped },
    foreign: { ...records, shown: [...records.shown, { ...one, key: 'never written' }] },
    unknown: { ...records, acked: records.acked.filter((key) => key !== one.key) },
  };
  return Object.keys(spoilt).filter((count) => check(spoilt[count])[count] <= before[count]);
}
