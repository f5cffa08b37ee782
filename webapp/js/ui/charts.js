import { shortTime, t } from '../lib/i18n.js';

/** Marks each change by a person or by the gate with a named vertical line. */
const marks = {
  id: 'marks',
  afterDatasetsDraw({ ctx, chartArea, scales, options }) {
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour('--warn');
    ctx.font = '12px system-ui, sans-serif';
    ctx.setLineDash([4, 3]);
    let named = Infinity;
    for (const { at, text } of options.plugins.marks.list ?? []) {
      const x = scales.x.getPixelForValue(at);
      if (x >= chartArea.left && x <= chartArea.right) {
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        // The newest comes first; of several that are close together, only it is named.
        const width = ctx.measureText(text).width + 8;
        if (named - x > width) {
          named = x;
          const left = x + width > chartArea.right;
          ctx.textAlign = left ? 'right' : 'left';
          ctx.fillText(text, left ? x - 4 : x + 4, chartArea.top + 10);
        }
      }
    }
    ctx.restore();
  },
};

/** The page's colours, so that the dark mode applies. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/**
 * The last hours of a node: clients by transport, time of delivery by transport, fallbacks by reason.
 * Needs Chart.js in the page.
 */
export class Charts {
  #charts;

  /** @param {Record<'clients'|'delivery'|'fallbacks', HTMLCanvasElement>} places */
  constructor({ clients, delivery, fallbacks }) {
    this.#charts = {
      clients: this.#chart(clients, 'line', {}),
      delivery: this.#chart(delivery, 'line', { title: 'ms' }),
      fallbacks: this.#chart(fallbacks, 'bar', { stacked: true }),
    };
  }

  /**
   * @param {object[]} samples of `api/rollout/history`, oldest first
   * @param {{at: number, text: string}[]} changes
   */
  show(samples, changes) {
    const line = (name, key, value, dash = []) => ({
      label: name, borderColor: colour(key), backgroundColor: colour(key), borderDash: dash, borderWidth: 2, pointRadius: 0,
      data: samples.map((sample) => ({ x: Date.parse(sample.at), y: value(sample) })),
    });
    this.#draw('clients', changes, [
      line(t('transport.websocket'), '--accent', (sample) => sample.sockets),
      line(t('transport.polling'), '--soft', (sample) => sample.polls),
    ]);
    this.#draw('delivery', changes, [
      line(`${t('transport.websocket')} p50`, '--accent', (sample) => sample.websocket.p50_ms),
      line(`${t('transport.websocket')} p99`, '--accent', (sample) => sample.websocket.p99_ms, [6, 4]),
      line(`${t('transport.polling')} p50`, '--soft', (sample) => sample.polling.p50_ms),
      line(`${t('transport.polling')} p99`, '--soft', (sample) => sample.polling.p99_ms, [6, 4]),
    ]);
    const reasons = [...new Set(samples.flatMap((sample) => Object.keys(sample.fallbacks)))].sort();
    const colours = ['--bad', '--warn', '--accent', '--good', '--soft', '--ink'];
    this.#draw('fallbacks', changes, reasons.map((reason, i) => ({
      label: reason, backgroundColor: colour(colours[i % colours.length]), barThickness: 4,
      data: samples.slice(1).map((sample, at) => ({
        x: Date.parse(sample.at),
        y: (sample.fallbacks[reason] ?? 0) - (samples[at].fallbacks[reason] ?? 0),
      })),
    })));
  }

  #draw(name, changes, datasets) {
    const chart = this.#charts[name];
    chart.data.datasets = datasets;
    chart.options.plugins.marks.list = changes;
    chart.options.color = colour('--ink');
    const points = datasets[0]?.data ?? [];
    chart.options.scales.x.min = points[0]?.x;
    chart.options.scales.x.max = points.at(-1)?.x;
    for (const axis of [chart.options.scales.x, chart.options.scales.y]) {
      axis.ticks.color = colour('--soft');
      axis.grid.color = colour('--line');
    }
    chart.update('none');
  }

  #chart(canvas, type, { title, stacked = false }) {
    return new globalThis.Chart(canvas, {
      type,
      data: { datasets: [] },
      plugins: [marks],
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        maintainAspectRatio: false,
        interaction: { mode: 'index', intersect: false },
        plugins: {
          marks: { list: [] },
          legend: { position: 'bottom', labels: { usePointStyle: true, pointStyle: stacked ? 'rect' : 'line' } },
          tooltip: { callbacks: { title: ([point]) => (point ? shortTime(new Date(point.parsed.x).toISOString()) : '') } },
        },
        scales: {
          x: { type: 'linear', stacked, grid: {}, ticks: { maxTicksLimit: 6, maxRotation: 0, callback: (at) => shortTime(new Date(at).toISOString()) } },
          y: { beginAtZero: true, stacked, grid: {}, ticks: { maxTicksLimit: 5, precision: 0 }, title: { display: !!title, text: title } },
        },
      },
    });
  }
}
