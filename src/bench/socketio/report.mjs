import { KINDS } from './proxy.mjs';

const ms = (value) => (value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);

const ROWS = [
  ['written', ({ counts }) => counts.sent],
  ['acked to the writer', ({ counts }) => counts.acked],
  ['refused, the writer was told', ({ counts }) => counts.refused],
  ['unknown to the writer', ({ counts }) => counts.unknown],
  ['… of these, seen by nobody', ({ counts }) => counts.vanished],
  ['… of these, seen by some members only', ({ counts }) => counts.partly],
  ['showings that acked messages promise', ({ counts }) => counts.expected],
  ['**lost**: acked, not shown to a member', ({ counts }) => counts.lost],
  ['**doubled**: shown again', ({ counts }) => counts.doubled],
  ['**reordered**: shown after a later one of its writer', ({ counts }) => counts.reordered],
  ['of another conversation, or never written', ({ counts }) => counts.foreign],
  ['written to shown, median', ({ counts }) => ms(counts.p50)],
  ['written to shown, 99 %', ({ counts }) => ms(counts.p99)],
  ['written to shown, longest', ({ counts }) => ms(counts.latest)],
  ['longest time a member was shown nothing', ({ counts }) => ms(counts.dark)],
  ['reconnects', ({ notes }) => notes],
  ['TCP connections cut', ({ connections }) => connections],
];

/** One run as markdown. */
export function table({ command, versions, members, conversations, cuts, columns }) {
  const planned = (kind) => cuts.filter((cut) => cut.kind === kind).length;
  const rows = [
    ...ROWS,
    ...[...KINDS, 'all'].map((kind) => [`cuts \`${kind}\` that hit, of ${planned(kind)}`, ({ hits }) => hits[kind] ?? 0]),
  ];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `## ${new Date().toISOString().slice(0, 16)}Z: \`${command}\``,
    '',
    `${versions.join(', ')}. ${conversations} conversations, ${members} members.`,
    '',
    line(['', ...columns.map(({ name }) => name)]),
    line(['---', ...columns.map(() => '---:')]),
    ...rows.map(([name, value]) => line([name, ...columns.map(value)])),
    '',
    '',
  ].join('\n');
}
